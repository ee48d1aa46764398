/** Whether two looks hold the same content. Only what is comparable is compared; what is not is `unproven`. */
import type { Checksum, Look } from './look.ts'

export type ObjectLook = Look & { readonly kind: 'object' }

export type Comparison = 'equal' | 'different' | 'unproven'

/**
 * Compares checksums of the same algorithm and type (S3 user guide, "Checking object integrity"). One difference
 * outweighs any equality. With `sameParts: false` (copies by other tools) composite values that differ prove nothing:
 * the parts may have been cut otherwise.
 */
export function compareChecksums(
  source: readonly Checksum[],
  replica: readonly Checksum[],
  { sameParts }: { readonly sameParts: boolean },
): Comparison {
  let result: Comparison = 'unproven'
  for (const one of source) {
    for (const other of replica) {
      if (one.algorithm !== other.algorithm || typeOf(one) !== typeOf(other)) continue
      if (one.value === other.value) result = 'equal'
      else if (typeOf(one) === 'FULL_OBJECT' || (sameParts && partsOf(one) === partsOf(other))) return 'different'
    }
  }
  return result
}

/** A composite value ends in the number of its parts (`...=-12`); base64 holds no `-`. */
function partsOf({ value }: Checksum): string {
  return value.includes('-') ? value.slice(value.lastIndexOf('-')) : ''
}

function typeOf(checksum: Checksum): 'FULL_OBJECT' | 'COMPOSITE' {
  return checksum.type ?? (partsOf(checksum) === '' ? 'FULL_OBJECT' : 'COMPOSITE')
}
