/**
 * Whom the destination's event names. In practice `AWS:AROA<id of the role>:s3-replication`, seen and undocumented.
 */
import { createHash } from 'node:crypto'

const SESSION = ':s3-replication'

/** The principal under which S3 writes replicas with this role; the same role gives the same id. */
export function replicator(roleArn: string): string {
  const id = createHash('sha256').update(roleArn).digest('hex').slice(0, 17).toUpperCase()
  return `AWS:AROA${id}${SESSION}`
}

export function isReplicator(principal: string): boolean {
  return principal.endsWith(SESSION)
}
