/** Two sides in memory, as listings give them, for the audit's properties. */
import type { AuditRules } from '../../../../src/domain/audit/classify.ts'
import { compareKeys } from '../../../../src/domain/audit/key-order.ts'
import { NO_LIFECYCLE } from '../../../../src/domain/audit/lifecycle.ts'
import type { Listed, NextPage } from '../../../../src/domain/audit/merge.ts'
import { fc } from '../../../support/fc.ts'

export const START = Date.UTC(2026, 5, 1)
export const DAY = 86_400_000
export const OLD = START - 30 * DAY

export function rules(
  policy: Partial<AuditRules['policy']> = {},
  lifecycle: Partial<AuditRules['lifecycle']> = {},
): AuditRules {
  return {
    policy: { match: 'version', deleteMarkers: true, excludePrefixes: [], lateAfterMs: 900_000, ...policy },
    startedAt: START,
    lifecycle: { source: NO_LIFECYCLE, destination: NO_LIFECYCLE, ...lifecycle },
  }
}

export function object(key: string, versionId: string, more: Partial<Listed> = {}): Listed {
  return { key, versionId, kind: 'object', size: 3, etag: 'e', lastModified: OLD, latest: true, ...more }
}

export function marker(key: string, versionId: string, more: Partial<Listed> = {}): Listed {
  return { key, versionId, kind: 'marker', lastModified: OLD, latest: true, ...more }
}

/** Keys of any bytes that S3 takes: all of Unicode but lone surrogates, with many common beginnings. */
export const anyKey = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom('a', 'b', '/', '0', '9', '\u0000', '~', '\u{FFFF}', '\u{10000}', '\u{10FFFF}'),
    minLength: 1,
    maxLength: 8,
  }),
)

export function inOrder(versions: readonly Listed[]): readonly Listed[] {
  return versions.toSorted((a, b) => compareKeys(a.key, b.key))
}

/** Pages of any sizes, empty ones too. */
export function pagesOf(versions: readonly Listed[], sizes: readonly number[]): NextPage {
  let at = 0
  let page = 0
  return async () => {
    if (at >= versions.length) return undefined
    const size = sizes.length === 0 ? 3 : sizes[page % sizes.length]!
    page += 1
    const from = at
    at += size === 0 && page % 5 !== 0 ? 0 : Math.max(1, size)
    return versions.slice(from, at)
  }
}
