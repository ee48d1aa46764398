import type { Account, Estate } from './estate.ts'

const HIDDEN = '***'
/** An external id made of words (`landfall-production`) stands in names of buckets and roles, too: hidden there, no log could be read. */
const RANDOM = /^(?=.*\d)(?=.*[a-z]).{16,}$/i

/** The estate as it may be shown: without the password of the Redis URL and without external ids. */
export function redactEstate(estate: Estate): Estate {
  return {
    ...estate,
    accounts: Object.fromEntries(
      Object.entries(estate.accounts).map(([name, account]) => [name, redactAccount(account)]),
    ),
    service: { ...estate.service, redis: { ...estate.service.redis, url: redactUrl(estate.service.redis.url) } },
  }
}

/** What must be in no line of a log: passwords of the Redis URL, external ids. What `{env}` and `{file}` name is not in the estate. */
export function secretsOf({ accounts, service }: Estate): readonly string[] {
  const ids = Object.values(accounts).flatMap(({ externalId = '' }) => (RANDOM.test(externalId) ? [externalId] : []))
  return [...passwordsIn(service.redis.url), ...ids]
}

/** The password of a connection URL, as it is written and as it is meant. */
export function passwordsIn(connection: string): readonly string[] {
  const url = URL.parse(connection)
  return [url?.password, url?.searchParams.get('password')].flatMap((text) =>
    text === undefined || text === null || text === '' ? [] : [text, unescaped(text)],
  )
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function redactAccount(account: Account): Account {
  return account.externalId === undefined ? account : { ...account, externalId: HIDDEN }
}

/** A URL without its password, and without its query (ioredis reads `?password=` too). What is no URL is hidden whole. */
export function redactUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null) return HIDDEN
  const name = url.username === '' ? '' : url.username
  const credentials = url.password === '' ? (name === '' ? '' : `${name}@`) : `${name}:${HIDDEN}@`
  const query = url.search === '' ? '' : `?${HIDDEN}`
  return `${url.protocol}//${credentials}${url.host}${url.pathname === '/' ? '' : url.pathname}${query}`
}
