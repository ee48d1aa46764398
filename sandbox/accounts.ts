import type { Accounts, IssuedCredentials, Principal, SandboxClock, SandboxRandom } from './types.ts'

/** The account of callers that name none. */
export const DEFAULT_ACCOUNT = '111111111111'

/**
 * Whom a request acts for. Signatures are not verified: credentials only name an account, or a session.
 *
 * - an access key of twelve digits is its own account: `AWS_ACCESS_KEY_ID=222222222222`
 * - a key that this sandbox's STS issued acts as the role session it was issued for
 * - any other key, and no key, is the default account's user `sandbox`
 */
export function makeAccounts(needs: { clock: SandboxClock; random: SandboxRandom }): Accounts {
  // Access key -> principal: of issued keys, and of accounts once they were seen (this runs for every request).
  const known = new Map<string, Principal>()
  const anyone = user(DEFAULT_ACCOUNT)

  const principal = (accessKey: string | undefined): Principal => {
    if (accessKey === undefined) return anyone
    let found = known.get(accessKey)
    if (found === undefined && isAccount(accessKey)) known.set(accessKey, (found = user(accessKey)))
    return found ?? anyone
  }

  return {
    of: (accessKey) => principal(accessKey).account,
    principal,
    issue({ account, role, session, seconds, bound = false, mfa = false, policy }): IssuedCredentials {
      const text = (length: number) => needs.random.text('credentials', length)
      const accessKeyId = `ASIA${text(16).toUpperCase()}`
      const name = role.slice(role.lastIndexOf('/') + 1)
      const now = needs.clock.now()
      const facts = { roleArn: `arn:aws:iam::${account}:role/${role}`, bound, mfa, issued: now, policy }
      const who: Principal = {
        account,
        arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
        userId: `${stableId('AROA', account, role)}:${session}`,
        session: { ...facts, expires: now + seconds * 1000 },
      }
      known.set(accessKeyId, who)
      return {
        accessKeyId,
        secretAccessKey: text(40),
        sessionToken: text(120),
        expiration: now + seconds * 1000,
        principal: who,
      }
    },
    expire(roleArn) {
      const now = needs.clock.now()
      let ended = 0
      for (const { session } of known.values()) {
        if (session === undefined || session.expires <= now) continue
        if (roleArn !== undefined && session.roleArn !== roleArn) continue
        session.expires = now
        ended += 1
      }
      return ended
    },
  }
}

export function isAccount(text: string): boolean {
  return /^\d{12}$/.test(text)
}

function user(account: string): Principal {
  return {
    account,
    arn: `arn:aws:iam::${account}:user/sandbox`,
    userId: stableId('AIDA', account, 'sandbox'),
  }
}

/** IAM's unique ids are stable for one role or user, so that events of one role show one principal. */
export function stableId(prefix: string, account: string, name: string): string {
  let hash = 0n
  for (const char of `${account}/${name}`) hash = (hash * 1_000_003n + BigInt(char.codePointAt(0)!)) % 36n ** 16n
  return prefix + hash.toString(36).toUpperCase().padStart(16, '0')
}
