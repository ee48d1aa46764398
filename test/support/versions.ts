/** Versions, bookings and arrivals for tests, from a number or a key. */
import type { Arrival } from '../../src/domain/look.ts'
import { versionId63, type VersionId63 } from '../../src/domain/version.ts'
import type { Booking } from '../../src/ports.ts'

export const T0 = Date.UTC(2026, 0, 15, 12)

/** Due a second ago, unless said otherwise. Version `n` is of n bytes, written n ms after T0. */
export function booking(n: number, more: Partial<Booking['version']> & { readonly dueInMs?: number } = {}): Booking {
  const { dueInMs = -1_000, ...version } = more
  const name = { key: version.key ?? `documents/${n}.pdf`, versionId: version.versionId ?? `v${n}` }
  return {
    version: {
      id: versionId63(name),
      ...name,
      kind: 'object',
      size: n,
      etag: `etag${n}`,
      eventTime: T0 + n,
      ...version,
    },
    dueInMs,
  }
}

export function bookings(from: number, to: number, more: Parameters<typeof booking>[1] = {}): Booking[] {
  return Array.from({ length: to - from }, (_, index) => booking(from + index, more))
}

export function idOf(n: number): VersionId63 {
  return booking(n).version.id
}

export function arrival(n: number, more: Partial<Arrival> = {}): Arrival {
  return { id: idOf(n), time: T0 + n + 5_000, kind: 'object', size: n, etag: `etag${n}`, ...more }
}
