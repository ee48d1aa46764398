/** Whose a resource is: what Terraform made is Terraform's to change, since it would revert what others write. Pure. */
import type { Change } from './change.ts'
import { isPending } from './change.ts'
import type { SetupEstate } from './estate.ts'
import type { Seen } from './observed.ts'
import { globs } from './policy.ts'

/** `key=value`, without regard to case; `*` and `?` match as in IAM. */
export const OWNER_TAGS: readonly string[] = [
  'managed?by=*terraform*',
  'managedby=*terraform*',
  'terraform=true',
  'terraform=yes',
  'provisioner=*terraform*',
  'createdby=*terraform*',
]

/** The tag that says so, as `key=value`; undefined: nobody's. */
export function ownerTag(estate: SetupEstate, tags: Readonly<Record<string, string>>): string | undefined {
  const patterns = estate.service.setup?.ownerTags ?? OWNER_TAGS
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .find((tag) => patterns.some((pattern) => globs(pattern.toLowerCase(), tag.toLowerCase())))
}

/** A change of a resource that stands, blocked where the resource is another tool's, or where nobody can tell. */
export function respectOwner(
  estate: SetupEstate,
  tags: Seen<Readonly<Record<string, string>>>,
  changes: readonly Change[],
): readonly Change[] {
  if (tags.is === 'absent') return changes
  if (tags.is === 'unknown') {
    const why = `its tags can't be read, so whether Terraform owns it is not known: ${tags.fault.message}`
    return changes.map((change) => (isPending(change) ? { ...change, kind: 'blocked', reason: why } : change))
  }
  const tag = ownerTag(estate, tags.value)
  if (tag === undefined) return changes
  const why = `Terraform owns it (tag ${tag}): add it there, by \`landfall init terraform\``
  return changes.map((change) =>
    isPending(change) ? { ...change, kind: 'blocked', reason: `${change.reason}; ${why}` } : change,
  )
}
