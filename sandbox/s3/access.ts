import type { Call, Faults, Principal } from '../types.ts'
import type { Ask, Guard } from '../iam/guard.ts'
import { sentence } from '../iam/words.ts'
import { type Asking, s3Keys } from './condition-keys.ts'
import { S3Error } from './errors.ts'
import type { Bucket } from './store/bucket.ts'

/** What access is asked of: a bucket, or the name of one that is to be. */
export type Guarded = Pick<Bucket, 'name' | 'account' | 'policy'>

/**
 * The one place where a request is allowed or refused: between router and action. The fault `access` takes grants away; for
 * role sessions and strict accounts IAM and bucket policies are evaluated (iam/guard.ts).
 */
export interface Access {
  /**
   * @param key for what is about an object
   * @throws S3Error `AccessDenied`
   */
  check(bucket: Guarded, grant: string, key?: string): void
  allows(bucket: Guarded, grant: string, key?: string): boolean
  /** Whether the caller may hand this role to that service; S3 asks where a document names a role. */
  checkPassRole(roleArn: string, service: string): void
}

export interface Accesses {
  /** What this request may. */
  of(call: Call): Access
  /** What S3 may under this role; where nothing is evaluated, everything. */
  as(who: Principal | undefined): Access
}

export function makeAccess(needs: { readonly faults: { readonly current: Faults }; readonly guard: Guard }): Accesses {
  const { faults, guard } = needs
  const taken = (bucket: Guarded, grant: string): boolean =>
    faults.current.access?.some((rule) => rule.bucket === bucket.name && rule.deny.includes(grant)) === true

  /** Shared by all requests that nothing is evaluated for. */
  const lenient = accessBy(() => undefined)

  function accessBy(asking: (owner: string) => Pick<Ask, 'call' | 'who'> | undefined): Access {
    const denialOf = (bucket: Guarded, action: string, key: string | undefined) => {
      const by = asking(bucket.account)
      if (by === undefined) return undefined
      const resource = `arn:aws:s3:::${bucket.name}${key === undefined ? '' : `/${key}`}`
      const keys = s3Keys({ call: by.call, bucket, key } satisfies Asking)
      return guard.denial({ ...by, action, resource, owner: bucket.account, policy: bucket.policy, keys })
    }
    return {
      allows: (bucket, grant, key) => !taken(bucket, grant) && denialOf(bucket, grant, key) === undefined,
      check(bucket, grant, key) {
        if (taken(bucket, grant)) {
          throw new S3Error('AccessDenied', { message: `Access Denied: no grant of ${grant} on ${bucket.name}` })
        }
        const denied = denialOf(bucket, grant, key)
        if (denied === undefined) return
        // Across accounts S3 does not tell why.
        throw new S3Error('AccessDenied', { message: denied.foreign ? undefined : sentence(denied, '"') })
      },
      checkPassRole(roleArn, service) {
        const owner = roleArn.split(':')[4] ?? ''
        const by = asking(owner)
        if (by === undefined) return
        const keys = (key: string) => (key === 'iam:passedtoservice' ? service : undefined)
        const denied = guard.denial({ ...by, action: 'iam:PassRole', resource: roleArn, owner, keys })
        if (denied !== undefined) throw new S3Error('AccessDenied', { message: sentence(denied) })
      },
    }
  }

  return {
    of: (call) =>
      guard.mayConcern(call.who)
        ? accessBy((owner) => (guard.concerns(call.who, owner) ? { call, who: call.who } : undefined))
        : lenient,
    as: (who) => (who === undefined ? lenient : accessBy(() => ({ who }))),
  }
}
