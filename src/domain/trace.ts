/**
 * The trace of a version, and how logs and spans name it.
 *
 * It is made from the version's id and kept nowhere: whoever knows key and version id knows the trace, in any container,
 * after any restart, and years later (docs/adr/0013-traces.md). All events, looks and re-drives of a version are one trace.
 */
import { createHash } from 'node:crypto'
import { type VersionId63, versionId63 } from './version.ts'

/** As W3C Trace Context and OpenTelemetry write them: 32 and 16 hexadecimal digits. */
export interface Trace {
  readonly trace: string
  /** The span that the others of the trace hang from: the event that the version was written. */
  readonly root: string
}

export function traceOf(id: VersionId63): Trace {
  const hash = createHash('sha256').update('landfall trace\0').update(id).digest('hex')
  return { trace: hash.slice(0, 32), root: hash.slice(32, 48) }
}

export interface LogName {
  readonly version?: VersionId63
  readonly trace?: string
  readonly key: string
  readonly versionId: string
}

/** The fields by which every log line names a version. Without `id`, a `null` version has only its key: it needs the event's sequencer. */
export function logName(version: {
  readonly key: string
  readonly versionId: string
  readonly id?: VersionId63 | undefined
}): LogName {
  const { key, versionId } = version
  const id = version.id ?? (versionId === 'null' ? undefined : versionId63({ key, versionId }))
  return { ...(id !== undefined && { version: id, trace: traceOf(id).trace }), key, versionId }
}

/** Whether the lines of this trace are written: all of them or none, in every container alike. */
export function isSampled(trace: string, share: number): boolean {
  return Number.parseInt(trace.slice(0, 8), 16) < share * 2 ** 32
}

/** The trace and the span of X-Ray's `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`. */
export function upstreamOf(header: string | undefined): { readonly trace: string; readonly span?: string } | undefined {
  const root = /(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)/.exec(header ?? '')
  if (root === null) return undefined
  const span = /(?:^|;)\s*Parent=([0-9a-f]{16})(?:;|$)/.exec(header!)?.[1]
  return { trace: `${root[1]}${root[2]}`, ...(span !== undefined && { span }) }
}
