/**
 * The names of the ledger's keys in Redis (docs/ledger.md lists what each holds).
 *
 * Every key of a pair carries the pair's name as its hash tag, so that all of them live in one slot of a Redis Cluster
 * and one script may touch them. Scripts get the common beginning as their one key and append the rest: it hashes to
 * the same slot as the keys made from it.
 */

/** First part of all keys; another one lets two Landfalls share a Redis. */
export const KEY_PREFIX = 'lf'

/** What all keys of one pair begin with: `lf:{documents-production}:`. */
export function pairKeys(prefix: string, pair: string): string {
  return `${prefix}:{${pair}}:`
}

/** What all keys of one dump begin with: `lf:{dump:nightly}:`; no pair's name has a colon. */
export function dumpKeys(prefix: string, dump: string): string {
  return `${prefix}:{dump:${dump}}:`
}

export interface ServiceKeys {
  /** HASH: the service-wide counters. */
  readonly counters: string
  /** HASH queue name -> event time of the newest event seen, ms. */
  readonly newest: string
  /** HASH: the ledger's name, when it began, and what was before it. */
  readonly identity: string
  /** STREAM: who did what and when, the newest 10,000. */
  readonly acts: string
  /** STRING: the holder of a lease by name. */
  lease(name: string): string
}

/** None of these is the name of a pair's key, so that even a pair called `service` would be no harm. */
export function serviceKeys(prefix: string): ServiceKeys {
  const base = `${prefix}:{service}:`
  return {
    counters: `${base}counters`,
    newest: `${base}newest`,
    identity: `${base}ledger`,
    acts: `${base}acts`,
    lease: (name) => `${base}lease:${name}`,
  }
}
