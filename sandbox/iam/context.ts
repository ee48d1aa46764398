/** Condition keys of a request (IAM user guide, "AWS global condition context keys"). */
import type { Call, Principal } from '../types.ts'
import type { Context } from './evaluate/match.ts'

/** What a service adds: its own keys, in lower case, and `aws:sourcearn` and `aws:sourceaccount` where one asks for another. */
export type Keys = (key: string) => string | readonly string[] | undefined

export function fixedKeys(keys: Readonly<Record<string, string | readonly string[] | undefined>>): Keys {
  return (key) => keys[key]
}

export interface ContextOf {
  /** Undefined: a service asks by itself, S3 also under a role. */
  readonly call: Call | undefined
  /** Undefined: a service in its own name, or nobody. */
  readonly who: Principal | undefined
  readonly now: number
  /** What a request counts as that does not say so itself. */
  readonly secureTransport: boolean
  readonly owner: string
  readonly keys: Keys | undefined
}

/** Looked up when a policy asks: most keys of most requests never are. */
export function contextOf(of: ContextOf): Context {
  return (key) => {
    const own = of.keys?.(key)
    if (own !== undefined) return typeof own === 'string' ? [own] : own
    const value = globalKey(key, of)
    return value === undefined ? undefined : [value]
  }
}

function globalKey(key: string, of: ContextOf): string | undefined {
  const { call, who, now } = of
  switch (key) {
    case 'aws:securetransport':
      return String(isSecure(of))
    case 'aws:currenttime':
      return new Date(now).toISOString()
    case 'aws:epochtime':
      return String(Math.floor(now / 1000))
    case 'aws:resourceaccount':
      return of.owner
    case 'aws:requestedregion':
      return call?.region
    case 'aws:sourceip':
      return call === undefined ? undefined : '127.0.0.1'
    case 'aws:useragent':
      return headerOf(call, 'user-agent')
    case 'aws:referer':
      return headerOf(call, 'referer')
    case 'aws:principalisawsservice':
      return String(who === undefined && call === undefined)
    case 'aws:viaawsservice':
      return String(call === undefined)
    default:
      return who === undefined ? undefined : principalKey(key, who)
  }
}

function principalKey(key: string, { account, arn, userId, session }: Principal): string | undefined {
  switch (key) {
    case 'aws:principalarn':
      return session?.roleArn ?? arn
    case 'aws:principalaccount':
      return account
    case 'aws:principaltype':
      return session === undefined ? 'User' : 'AssumedRole'
    case 'aws:userid':
      return userId
    case 'aws:username':
      return session === undefined ? arn.split('/').at(-1) : undefined
    case 'aws:tokenissuetime':
      return session === undefined ? undefined : new Date(session.issued).toISOString()
    // Long-lived credentials have no such key at all; those of a session say which it was.
    case 'aws:multifactorauthpresent':
      return session === undefined ? undefined : String(session.mfa)
    default:
      return undefined
  }
}

/** The sandbox speaks http. What a proxy that speaks https in front of it would say counts, as does the setting. */
function isSecure({ call, secureTransport }: ContextOf): boolean {
  if (call === undefined) return true
  const proto = headerOf(call, 'x-forwarded-proto')
  return proto === undefined ? secureTransport : proto.toLowerCase() === 'https'
}

function headerOf(call: Call | undefined, name: string): string | undefined {
  const value = call?.headers[name]
  return typeof value === 'string' ? value : value?.[0]
}
