/**
 * How the ledger writes an open version, and an early arrival, into one Redis value.
 *
 * A record: `<state><kind><looks>|<absentAt>|<size>|<reason>|<time>|<versionId>|<sequencer>|<etag>|<key>`. What the
 * scripts read or change comes first (prelude.ts knows the same form); the key comes last and needs no escape, so it
 * may hold anything. Times are base 36, the other numbers decimal, absent fields empty. About 95 bytes and the key.
 */
import type { Arrival } from '../domain/look.ts'
import type { OpenState, OpenVersion, VersionId63 } from '../domain/version.ts'

/** One character per state: the first of the record, and the operation by which `settle` asks for it. */
export const STATE_CODE: Readonly<Record<OpenState, string>> = { waiting: 'w', late: 'l', mismatched: 'm', failed: 'f' }

const STATES: ReadonlyMap<string, OpenState> = new Map(
  (Object.keys(STATE_CODE) as OpenState[]).map((state) => [STATE_CODE[state], state]),
)

/** Upper case: made by a lifecycle rule. */
const KIND_CODE = { object: 'o', marker: 'm' } as const

export function encodeRecord(version: Omit<OpenVersion, 'id'>): string {
  const kind = KIND_CODE[version.kind]
  return [
    `${STATE_CODE[version.state]}${version.lifecycle === true ? kind.toUpperCase() : kind}${version.looks}`,
    encodeTime(version.absentAt),
    version.size === undefined ? '' : String(version.size),
    encodeText(version.reason),
    encodeTime(version.eventTime),
    encodeText(version.versionId),
    encodeText(version.sequencer),
    encodeText(version.etag),
    version.key,
  ].join('|')
}

export function decodeRecord(id: VersionId63, record: string): OpenVersion {
  const [head, absentAt, size, reason, time, versionId, sequencer, etag, key] = split(record, 9)
  const version: { -readonly [Field in keyof OpenVersion]: OpenVersion[Field] } = {
    id,
    key: key!,
    versionId: decodeText(versionId!),
    kind: head![1]!.toLowerCase() === KIND_CODE.object ? 'object' : 'marker',
    eventTime: decodeTime(time!),
    state: STATES.get(head![0]!)!,
    looks: Number(head!.slice(2)),
  }
  if (absentAt !== '') version.absentAt = decodeTime(absentAt!)
  if (size !== '') version.size = Number(size)
  if (reason !== '') version.reason = decodeText(reason!)
  if (sequencer !== '') version.sequencer = decodeText(sequencer!)
  if (etag !== '') version.etag = decodeText(etag!)
  if (head![1] !== head![1]!.toLowerCase()) version.lifecycle = true
  return version
}

/** `<kind>|<time>|<size>|<etag>`, the etag unescaped since it comes last. */
export function encodeArrival(arrival: Arrival): string {
  const size = arrival.size === undefined ? '' : String(arrival.size)
  return [KIND_CODE[arrival.kind], encodeTime(arrival.time), size, arrival.etag ?? ''].join('|')
}

export function decodeArrival(id: VersionId63, text: string): Arrival {
  const [kind, time, size, etag] = split(text, 4)
  const arrival: { -readonly [Field in keyof Arrival]: Arrival[Field] } = {
    id,
    kind: kind === KIND_CODE.object ? 'object' : 'marker',
    time: decodeTime(time!),
  }
  if (size !== '') arrival.size = Number(size)
  if (etag !== '') arrival.etag = etag
  return arrival
}

export function encodeTime(ms: number | undefined): string {
  return ms === undefined ? '' : Math.trunc(ms).toString(36)
}

/** Escapes the separator (and the escape); empty stands for absent. */
export function encodeText(text: string | undefined): string {
  if (text === undefined) return ''
  return /[%|]/.test(text) ? text.replaceAll('%', '%25').replaceAll('|', '%7C') : text
}

function decodeTime(text: string): number {
  return Number.parseInt(text, 36)
}

export function decodeText(text: string): string {
  return text.includes('%') ? text.replaceAll('%7C', '|').replaceAll('%25', '%') : text
}

/** At most `parts` pieces; the last one keeps its separators. */
function split(text: string, parts: number): string[] {
  const pieces: string[] = []
  let from = 0
  while (pieces.length < parts - 1) {
    const to = text.indexOf('|', from)
    pieces.push(text.slice(from, to))
    from = to + 1
  }
  pieces.push(text.slice(from))
  return pieces
}
