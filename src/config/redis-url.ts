import type { ConnectionOptions } from 'node:tls'

/** User, password and TLS of a Redis URL: for the nodes that a cluster names, which have no URL of their own. */
export function redisCredentials(url: string): {
  readonly username?: string
  readonly password?: string
  readonly tls?: ConnectionOptions
} {
  const { username, password, protocol } = new URL(url)
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  }
}
