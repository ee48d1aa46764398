import type { SandboxRandom } from '../../types.ts'

/**
 * What orders writes: 18 hex digits, ever growing over all buckets. A replica keeps its source's, so that versions that
 * arrive late take their place below the newer ones, as at the source.
 */
export type Sequencers = () => string

export function makeSequencers(random: SandboxRandom): Sequencers {
  let writes = random.int('s3/sequencers', 2 ** 40)
  return () => {
    writes += 1
    // A flat string: the padded one is a rope that pins its parts.
    return Buffer.from(writes.toString(16).toUpperCase().padStart(18, '0'), 'latin1').toString('latin1')
  }
}
