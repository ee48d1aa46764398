/**
 * Repair's part of the ledger (port: `RepairLedger`; docs/ledger.md), but `reconcile`. Like ledger.ts it turns calls into
 * script calls of at most 500 ids, and decides nothing. Jobs, incidents, acts and what was discarded are JSON that no
 * script reads.
 */
import type { Act, Discarded, Parked, RedriveJob } from '../domain/repair/words.ts'
import type { VersionId63 } from '../domain/version.ts'
import type { RepairLedger } from '../ports.ts'
import { asked, given, inParts, type RunScript, sum } from './calls.ts'
import type { LedgerConnection } from './connection.ts'
import { decodeRecord } from './record.ts'
import { readIncidents } from './reply.ts'
import { decodeTried, decodeWanted } from './tried.ts'

/** Acts kept; a stream is cut in whole blocks, so that a few more may stay. */
const ACTS_KEPT = 10_000
const NANO = 1e9

export interface RepairNeeds {
  readonly connection: LedgerConnection
  readonly run: RunScript
  /** What all keys of a pair begin with. */
  readonly keys: (pair: string) => string
  /** Key of the service-wide record of acts. */
  readonly acts: string
}

export function makeRepair({ connection, run, keys, acts }: RepairNeeds): Omit<RepairLedger, 'reconcile'> {
  async function find(pair: string, ids: readonly VersionId63[]): Promise<Parked[]> {
    const parts = await inParts(ids, async (part) =>
      readParked((await run('find', keys(pair), part)) as (string | number)[]),
    )
    return parts.flat()
  }

  return {
    find,

    async parked(pair, { cursor, limit }) {
      const reply = asked('ZSCAN', connection.zscan(`${keys(pair)}parked`, cursor ?? '0', 'COUNT', limit))
      const [next, flat] = await reply
      const ids = flat.filter((_, index) => index % 2 === 0)
      const versions = (await find(pair, ids)).filter(({ version }) => isParked(version.state))
      return { versions, ...(next === '0' ? {} : { cursor: next }) }
    },

    async wanted(pair, { cursor, limit }) {
      const reply = asked('HSCAN', connection.hscan(`${keys(pair)}wanted`, cursor ?? '0', 'COUNT', limit))
      const [next, flat] = await reply
      const ids = flat.filter((_, index) => index % 2 === 0)
      const versions = (await find(pair, ids)).filter(({ wanted }) => wanted !== undefined)
      return { versions, ...(next === '0' ? {} : { cursor: next }) }
    },

    async claim(pair, { token, strategy, ids }) {
      const parts = await inParts(ids, (part) => run('claim', keys(pair), [token, strategy, ...part]))
      return new Set((parts as string[][]).flat())
    },

    async unclaim(pair, token, items) {
      const parts = await inParts(items, (part) => {
        const args = part.flatMap(({ id, outcome, replicaId }) => [id, given(outcome), given(replicaId)])
        return run('unclaim', keys(pair), [token, ...args])
      })
      return sum(parts.map(Number))
    },

    async inHand(pair, token) {
      const ids = new Set<VersionId63>()
      let cursor = '0'
      do {
        const [next, page] = await asked('SSCAN', connection.sscan(`${keys(pair)}hand:${token}`, cursor, 'COUNT', 500))
        for (const id of page) ids.add(id)
        cursor = next
      } while (cursor !== '0')
      return find(pair, [...ids])
    },

    async want(pair, { by, ids }) {
      const parts = await inParts(ids, (part) => run('want', keys(pair), [by, ...part]))
      return sum(parts.map(Number))
    },

    async saveJob(pair, job) {
      await asked('HSET', connection.hset(`${keys(pair)}jobs`, job.token, JSON.stringify(job)))
    },

    async endJob(pair, token) {
      await asked('HDEL', connection.hdel(`${keys(pair)}jobs`, token))
    },

    async jobs(pair) {
      const texts = await asked('HVALS', connection.hvals(`${keys(pair)}jobs`))
      return texts.map((text) => JSON.parse(text) as RedriveJob).sort((a, b) => a.createdAt - b.createdAt)
    },

    async incidents(pair) {
      return readIncidents(await asked('HVALS', connection.hvals(`${keys(pair)}incidents`)))
    },

    async saveIncident(pair, incident) {
      const text = JSON.stringify(incident)
      return (await asked('HSET', connection.hset(`${keys(pair)}incidents`, incident.reason, text))) === 1
    },

    async endIncident(pair, reason) {
      return (await asked('HDEL', connection.hdel(`${keys(pair)}incidents`, reason))) === 1
    },

    async spend(pair, { versions, bytes, dollars }) {
      const args = [versions, bytes, Math.round(dollars * NANO)]
      const sums = (await run('spend', keys(pair), args)) as [number, number, number]
      return { versions: sums[0], bytes: sums[1], dollars: sums[2] / NANO }
    },

    async discard(pair, discarded) {
      const parts = await inParts(discarded, (part) =>
        run(
          'discard',
          keys(pair),
          part.flatMap((one) => [one.id, JSON.stringify(one)]),
        ),
      )
      return sum(parts.map(Number))
    },

    async discarded(pair, ids) {
      const parts = await inParts(ids, (part) => asked('HMGET', connection.hmget(`${keys(pair)}discarded`, ...part)))
      return parts.flat().flatMap((text) => (text === null ? [] : [readDiscarded(text)]))
    },

    async record(act) {
      const text = JSON.stringify(act)
      await asked('XADD', connection.xadd(acts, 'MAXLEN', '~', ACTS_KEPT, '*', 'act', text))
    },

    async acts(limit) {
      const entries = await asked('XREVRANGE', connection.xrevrange(acts, '+', '-', 'COUNT', limit))
      return entries.map(([id, [, text]]) => ({
        at: Number(id.split('-')[0]),
        ...(JSON.parse(text!) as Omit<Act, 'at'>),
      }))
    },
  }
}

/** id, record, tried or empty, wanted or empty, whether a look is due; and again. */
function readParked(flat: readonly (string | number)[]): Parked[] {
  return Array.from({ length: flat.length / 5 }, (_, index): Parked => {
    const [id, record, tried, wanted] = flat.slice(5 * index, 5 * index + 4) as [string, string, string, string]
    return {
      version: decodeRecord(id, record),
      due: flat[5 * index + 4] === 1,
      ...(tried === '' ? {} : { tried: decodeTried(tried) }),
      ...(wanted === '' ? {} : { wanted: decodeWanted(wanted) }),
    }
  })
}

function readDiscarded(text: string): Discarded {
  const bar = text.indexOf('|')
  return { ...(JSON.parse(text.slice(bar + 1)) as Omit<Discarded, 'at'>), at: Number(text.slice(0, bar)) }
}

function isParked(state: string): boolean {
  return state === 'mismatched' || state === 'failed'
}
