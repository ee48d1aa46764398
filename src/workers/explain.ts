/**
 * Tells the whole story of one object: looks at both sides, asks the ledger and the replication rules, and lets `decide()`
 * and the re-drive say what they make of it now. Changes nothing. What cannot be learned is told, and the rest goes on.
 */
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Side } from '../domain/look.ts'
import { assess, type DrivePolicy } from '../domain/redrive.ts'
import { matchRule, type RuleMatch } from '../domain/rules.ts'
import type { FoundLook, PairPolicy } from '../domain/situation.ts'
import {
  type LedgerStory,
  nextOfStory,
  type SideStory,
  stateOf,
  type Story,
  type Told,
  type Unlearned,
} from '../domain/story.ts'
import { traceOf } from '../domain/trace.ts'
import { type OpenVersion, versionId63 } from '../domain/version.ts'
import type { Clock, Ledger, Look, ObjectStore, RepairLedger, RuleReader } from '../ports.ts'
import type { Investigate } from './investigate.ts'

export interface PairToExplain extends Omit<PairPolicy, 'redrive'>, DrivePolicy {
  readonly name: string
  readonly source: { readonly bucket: string; readonly region: string }
  readonly destination: { readonly bucket: string; readonly region: string }
}

export type ExplainLedger = Pick<Ledger, 'known' | 'early' | 'oldest'> &
  Pick<RepairLedger, 'find' | 'discarded' | 'incidents' | 'parked'>

export interface ExplainNeeds {
  readonly objects: ObjectStore
  readonly rules: RuleReader
  readonly investigate: Investigate
  /** Or why there is none just now. */
  readonly ledger: ExplainLedger | Unlearned
  readonly clock: Clock
  /** A text as a shell's word, for the commands that are named. */
  readonly quote: (text: string) => string
}

export interface ToExplain {
  readonly key: string
  /** Absent: the source's current version. */
  readonly versionId?: string | undefined
}

/** Throws OBJECT_MISSING; and what a look failed with, where without it nothing can be told at all. */
export type Explain = (pair: PairToExplain, object: ToExplain, signal: AbortSignal) => Promise<Story>

/** Versions of one key that are counted. */
const KEY_LIMIT = 1000
/** Parked versions that are walked through, a page at a time, and open ones, for one whose id no name tells. */
const PAGE = 500
const OLDEST = 10_000

export function makeExplain(needs: ExplainNeeds): Explain {
  const { objects, rules, investigate, clock, quote } = needs
  const ledger = 'code' in needs.ledger ? undefined : needs.ledger

  return async (pair, { key, versionId: wanted }, signal) => {
    const [source, destination] = await Promise.all([
      listing(pair, 'source', key, signal),
      listing(pair, 'destination', key, signal),
    ])
    const versionId = wanted ?? newest(pair, key, source, destination)
    const found = source.found?.find((seen) => seen.versionId === versionId)
    const copied = destination.found?.find((seen) => seen.versionId === versionId)
    const id = versionId63({ key, versionId })
    const [story, sourceStory, destinationStory] = await Promise.all([
      ledgerStory(pair, { key, versionId, id }),
      sideStory(pair, source, { key, versionId }, signal),
      sideStory(pair, destination, { key, versionId }, signal),
    ])
    const listed = source.found !== undefined && destination.found !== undefined
    const nowhere = listed && found === undefined && copied === undefined
    if (nowhere && story.kind === 'unknown' && story.discarded === undefined) throw missing(pair, key, wanted)
    const version =
      story.kind === 'open' ? story.parked.version : imagined({ key, versionId, id }, found ?? copied, clock.now())
    const [verdict, rule] = await Promise.all([
      judge(pair, version, signal),
      ruleOf(pair, version, found !== undefined),
    ])
    const told: Told = {
      pair: pair.name,
      key,
      versionId,
      id: version.id,
      trace: traceOf(version.id).trace,
      rule,
      source: sourceStory,
      destination: destinationStory,
      ledger: story,
      verdict,
    }
    const object = `${quote(`s3://${pair.source.bucket}/${key}`)} --version-id ${quote(versionId)}`
    return { ...told, state: stateOf(told), next: nextOfStory(told, object, quote) }
  }

  async function listing(pair: PairToExplain, side: Side, key: string, signal: AbortSignal): Promise<Listing> {
    try {
      return { side, found: await objects.listKey({ pair: pair.name, side, key, limit: KEY_LIMIT, signal }) }
    } catch (error) {
      return { side, refused: unlearned(error) }
    }
  }

  async function sideStory(
    pair: PairToExplain,
    { side, found, refused }: Listing,
    { key, versionId }: { readonly key: string; readonly versionId: string },
    signal: AbortSignal,
  ): Promise<SideStory> {
    const { bucket, region } = pair[side]
    const told = { side, bucket, region, count: found?.length, more: found?.length === KEY_LIMIT }
    if (side === 'destination' && pair.match === 'content') {
      return { ...told, unlearned: refused === undefined ? [] : [refused] }
    }
    const listed = found?.find((seen) => seen.versionId === versionId)
    const troubles: Unlearned[] = refused === undefined ? [] : [refused]
    let look: Look | undefined = listed ?? (found === undefined ? undefined : { kind: 'absent' })
    try {
      const head = await objects.head({ pair: pair.name, side, key, versionId, signal })
      if (head.kind === 'refused') troubles.push(refusal(head, bucket, region))
      if (head.kind !== 'refused' || look === undefined) look = head
    } catch (error) {
      troubles.push(unlearned(error))
    }
    return { ...told, look, unlearned: troubles }
  }

  async function ledgerStory(pair: PairToExplain, name: Named): Promise<LedgerStory> {
    if (ledger === undefined) return { kind: 'away', unlearned: needs.ledger as Unlearned }
    try {
      const [parked] =
        name.versionId === 'null' ? await openNull(pair.name, name.key) : await ledger.find(pair.name, [name.id])
      if (parked !== undefined) {
        const incidents = new Map((await ledger.incidents(pair.name)).map((one) => [one.reason, one]))
        const { state, reason } = parked.version
        const failed = state === 'failed' || state === 'mismatched'
        return {
          kind: 'open',
          parked,
          incident: reason === undefined ? undefined : incidents.get(reason),
          assessment: failed ? assess(parked, { policy: pair, incidents }) : undefined,
        }
      }
      const [known, [discarded], [early]] = await Promise.all([
        ledger.known(pair.name, [name.id]),
        ledger.discarded(pair.name, [name.id]),
        ledger.early(pair.name, [name.id]),
      ])
      return known.has(name.id) ? { kind: 'closed', discarded } : { kind: 'unknown', discarded, early }
    } catch (error) {
      return { kind: 'away', unlearned: unlearned(error) }
    }
  }

  /**
   * The id of a `null` version has its event's sequencer in it, which S3 tells nobody later: found among all that failed and
   * the oldest that are open. The newest one: the others were written over.
   */
  async function openNull(pair: string, key: string): ReturnType<RepairLedger['find']> {
    const isIt = (version: OpenVersion): boolean => version.key === key && version.versionId === 'null'
    const ids = new Set((await ledger!.oldest(pair, OLDEST)).filter(isIt).map(({ id }) => id))
    let cursor: string | undefined
    do {
      const page = await ledger!.parked(pair, { cursor, limit: PAGE })
      for (const { version } of page.versions) if (isIt(version)) ids.add(version.id)
      cursor = page.cursor
    } while (cursor !== undefined)
    const found = await ledger!.find(pair, [...ids])
    return found.toSorted((a, b) => b.version.eventTime - a.version.eventTime)
  }

  async function judge(pair: PairToExplain, version: OpenVersion, signal: AbortSignal): Promise<Told['verdict']> {
    try {
      const { id: _id, ...fate } = await investigate(pair, version, signal)
      return fate
    } catch (error) {
      return { to: 'unlearned', unlearned: unlearned(error) }
    }
  }

  async function ruleOf(pair: PairToExplain, version: OpenVersion, atSource: boolean): Promise<Story['rule']> {
    if (pair.match === 'content') return { kind: 'another tool' }
    const { name, destination } = pair
    const { key, kind, versionId } = version
    try {
      const configured = await rules.rules(name)
      const match = matchRule(configured, destination.bucket, { key, kind })
      if (match.kind !== 'depends' || !atSource) return match
      return await withTags(match, async () => {
        const tags = await rules.tags(name, { key, versionId })
        return matchRule(configured, destination.bucket, { key, kind, tags })
      })
    } catch (error) {
      return { kind: 'unlearned', unlearned: unlearned(error) }
    }
  }
}

interface Named {
  readonly key: string
  readonly versionId: string
  readonly id: string
}

interface Listing {
  readonly side: Side
  readonly found?: readonly FoundLook[]
  readonly refused?: Unlearned
}

/** The source's current version; where the source has nothing of the key, or hides it, the destination's. */
function newest(pair: PairToExplain, key: string, source: Listing, destination: Listing): string {
  const [first] = [...(source.found ?? []), ...(destination.found ?? [])]
  if (first !== undefined) return first.versionId
  const refused = source.refused ?? destination.refused
  if (refused === undefined) throw missing(pair, key, undefined)
  throw new LandfallError(refused.code, refused.message, {
    hint: `${refused.hint} Or name the version by --version-id.`,
  })
}

function missing({ source, destination }: PairToExplain, key: string, versionId: string | undefined): LandfallError {
  const what = `${JSON.stringify(key)}${versionId === undefined ? '' : ` version ${versionId}`}`
  return new LandfallError('OBJECT_MISSING', `neither ${source.bucket} nor ${destination.bucket} has ${what}`)
}

/** What the ledger would have booked, for a version that it does not have open. */
function imagined(name: Named, seen: FoundLook | undefined, now: number): OpenVersion {
  const object = seen?.kind === 'object' ? seen : undefined
  return {
    ...name,
    kind: seen?.kind ?? 'object',
    ...(object === undefined ? {} : { size: object.size }),
    ...(object?.etag === undefined ? {} : { etag: object.etag }),
    eventTime: object?.lastModified ?? now,
    state: 'waiting',
    looks: 0,
  }
}

async function withTags(match: RuleMatch, read: () => Promise<RuleMatch>): Promise<RuleMatch> {
  try {
    return await read()
  } catch (error) {
    // Without the right to read them the rule is told, and what it depends on.
    if (isLandfallError(error)) return match
    throw error
  }
}

function refusal({ status, grant }: Look & { readonly kind: 'refused' }, bucket: string, region: string): Unlearned {
  return {
    code: 'ACCESS_DENIED',
    message: `a look at ${bucket} (${region}) was refused (${status})`,
    hint: `Grant Landfall's role ${grant} there.`,
  }
}

function unlearned(error: unknown): Unlearned {
  if (!isLandfallError(error)) throw error
  const { code, message, hint } = error
  return { code, message, hint }
}
