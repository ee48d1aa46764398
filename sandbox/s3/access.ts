import type { Faults } from '../types.ts'
import { S3Error } from './errors.ts'

/**
 * The one place where a request is allowed or refused: between router and action. Today only the fault `access` takes
 * grants away; what evaluates IAM and bucket policies belongs here.
 */
export interface Access {
  /** @throws S3Error `AccessDenied` */
  check(bucket: string, grant: string): void
  allows(bucket: string, grant: string): boolean
}

export function makeAccess(faults: { readonly current: Faults }): Access {
  const allows = (bucket: string, grant: string): boolean =>
    faults.current.access?.some((rule) => rule.bucket === bucket && rule.deny.includes(grant)) !== true
  return {
    allows,
    check(bucket, grant) {
      if (allows(bucket, grant)) return
      throw new S3Error('AccessDenied', { message: `Access Denied: no grant of ${grant} on ${bucket}` })
    },
  }
}
