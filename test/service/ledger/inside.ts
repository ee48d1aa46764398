/** The ledger's keys of one pair as they stand in Redis at one moment, and the invariants of docs/ledger.md on them. */
import type { LedgerConnection } from '../../../src/ledger/connection.ts'
import { pairKeys } from '../../../src/ledger/keys.ts'
import { decodeRecord } from '../../../src/ledger/record.ts'
import { readNumbers } from '../../../src/ledger/reply.ts'
import { decodeTried } from '../../../src/ledger/tried.ts'
import type { Tried } from '../../../src/domain/repair/words.ts'
import type { OpenVersion, VersionId63 } from '../../../src/domain/version.ts'
import { same } from './model.ts'

export interface Inside {
  readonly due: ReadonlyMap<VersionId63, number>
  readonly parked: ReadonlyMap<VersionId63, number>
  readonly born: ReadonlyMap<VersionId63, number>
  readonly rec: ReadonlyMap<VersionId63, OpenVersion>
  readonly late: readonly VersionId63[]
  readonly n: ReadonlyMap<string, number>
  readonly tried: ReadonlyMap<VersionId63, Tried>
  readonly wanted: readonly VersionId63[]
  /** By token, of those that were asked for. */
  readonly hands: ReadonlyMap<string, readonly VersionId63[]>
}

export async function lookInside(
  connection: LedgerConnection,
  prefix: string,
  pair: string,
  tokens: readonly string[] = [],
): Promise<Inside> {
  const base = pairKeys(prefix, pair)
  const all = connection
    .multi()
    .zrangebyscore(`${base}due`, '-inf', '+inf', 'WITHSCORES')
    .zrangebyscore(`${base}parked`, '-inf', '+inf', 'WITHSCORES')
    .zrangebyscore(`${base}born`, '-inf', '+inf', 'WITHSCORES')
    .hgetall(`${base}rec`)
    .smembers(`${base}late`)
    .hgetall(`${base}n`)
    .hgetall(`${base}tried`)
    .hkeys(`${base}wanted`)
  const replies = await tokens.reduce((multi, token) => multi.smembers(`${base}hand:${token}`), all).exec()
  const [due, parked, born, rec, late, n, tried, wanted, ...hands] = replies!.map(([error, reply]) => {
    if (error !== null) throw error
    return reply
  }) as [string[], string[], string[], Fields, string[], Fields, Fields, string[], ...string[][]]
  return {
    due: readNumbers(due),
    parked: readNumbers(parked),
    born: readNumbers(born),
    rec: new Map(Object.entries(rec).map(([id, record]) => [id, decodeRecord(id, record)])),
    late,
    n: readNumbers(Object.entries(n).flat()),
    tried: new Map(Object.entries(tried).map(([id, text]) => [id, decodeTried(text)])),
    wanted,
    hands: new Map(tokens.map((token, index) => [token, hands[index]!])),
  }
}

type Fields = Record<string, string>

/** Throws, naming the invariant. */
export function checkInvariants(inside: Inside): void {
  const { due, parked, born, rec, late, n } = inside
  const of = (field: string): number => n.get(field) ?? 0
  const closed = [...n].filter(([field]) => field.startsWith('v:')).reduce((sum, [, count]) => sum + count, 0)
  same(of('received') + of('reopened'), closed + due.size + parked.size, 'received + reopened = closed + open')
  for (const id of due.keys()) if (parked.has(id)) throw new Error(`due and parked both hold ${id}`)
  const open = [...due.keys(), ...parked.keys()].sort()
  same([...rec.keys()].sort(), open, 'a record for each open version, and for no other')
  same([...born.keys()].sort(), open, 'a birth for each open version, and for no other')
  for (const [id, score] of [...due, ...parked]) {
    if (!Number.isFinite(score)) throw new Error(`${id} has the score ${score}: no ticker would find it`)
  }
  for (const id of late) if (!rec.has(id)) throw new Error(`late holds ${id}, which is not open`)
  let bytes = 0
  const states = { waiting: 0, late: 0, mismatched: 0, failed: 0 }
  for (const [id, version] of rec) {
    bytes += version.size ?? 0
    states[version.state] += 1
    same(born.get(id), version.eventTime, 'born at the event time')
    same(due.has(id), version.state === 'waiting' || version.state === 'late', `which set holds a ${version.state} one`)
  }
  same(of('bytes'), bytes, 'bytes at risk')
  same([of('late'), of('mismatched')], [states.late, states.mismatched], 'counted states')
  checkHands(inside)
}

function checkHands({ rec, tried, wanted, hands }: Inside): void {
  for (const id of [...tried.keys(), ...wanted]) {
    if (!rec.has(id)) throw new Error(`something of a re-drive is kept of ${id}, which is not open`)
  }
  for (const [token, hand] of hands) {
    const says = [...tried].filter(([, one]) => one.token === token).map(([id]) => id)
    same([...hand].sort(), says.sort(), `the hand of ${token}, and what was tried say the same`)
  }
}

/** Throws where attempts fell. */
export function checkAttempts(before: Inside, after: Inside): void {
  for (const [id, { attempts }] of before.tried) {
    const now = after.tried.get(id)?.attempts ?? 0
    if (after.rec.has(id) && now < attempts) throw new Error(`attempts of ${id} fell from ${attempts} to ${now}`)
  }
}

/** Throws where a step other than `book` and `reopen` made an id. */
export function checkBirths(before: Inside, after: Inside, mayOpen: ReadonlySet<VersionId63>): void {
  for (const id of [...after.due.keys(), ...after.parked.keys(), ...after.rec.keys(), ...after.born.keys()]) {
    if (!before.rec.has(id) && !mayOpen.has(id)) throw new Error(`${id} was opened by a step that opens nothing`)
  }
}
