/** A ledger with a past: pairs, eight days of history in each, and what failed. Written as the ledger would have. */
import type { Redis } from 'ioredis'
import { versionId63 } from '../../src/domain/version.ts'
import { pairKeys } from '../../src/ledger/keys.ts'
import type { RedisLedger } from '../../src/ledger/ledger.ts'

export interface Past {
  readonly pairs: readonly string[]
  readonly failures: number
}

const MINUTES = 24 * 60
const HOURS = 8 * 24
const BATCH = 500
const REASONS = ['ReplicationFailed', 'DstKmsKeyInvalidState', 'DstPutObjectNotPermitted', 'DstVersionNotFound']

export async function fill(redis: Redis, ledger: RedisLedger, { pairs, failures }: Past): Promise<void> {
  for (const pair of pairs) await fillHistory(redis, pair)
  // Half of them in one pair, as a lost grant makes it; the rest in all.
  const shares = pairs.map((_, index) => Math.round(index === 0 ? failures / 2 : failures / 2 / (pairs.length - 1)))
  for (const [index, pair] of pairs.entries()) {
    for (let from = 0; from < shares[index]!; from += BATCH) {
      await fail(ledger, pair, from, Math.min(shares[index]!, from + BATCH))
    }
  }
}

/** Every minute of a day and every hour of eight: a dozen buckets of lags, and what happened. */
async function fillHistory(redis: Redis, pair: string): Promise<void> {
  const base = pairKeys('lf', pair)
  const now = Date.now()
  for (const [step, ms, slots] of [
    ['m', 60_000, MINUTES],
    ['h', 3_600_000, HOURS],
  ] as const) {
    const last = Math.floor(now / ms)
    let pipeline = redis.pipeline()
    for (let slot = last - slots + 1; slot <= last; slot += 1) {
      const lags = Array.from({ length: 12 }, (_, n) => [String(36 + 2 * n), String(1 + ((slot + n) % 40))]).flat()
      pipeline.hset(`${base}lag:${step}:${slot}`, ...lags)
      pipeline.hset(
        `${base}did:${step}:${slot}`,
        'received',
        300,
        'v:landed',
        290,
        'lateEver',
        slot % 7,
        'failedEver',
        1,
      )
      if (pipeline.length >= 1000) {
        await pipeline.exec()
        pipeline = redis.pipeline()
      }
    }
    await pipeline.exec()
  }
}

async function fail(ledger: RedisLedger, pair: string, from: number, to: number): Promise<void> {
  const versions = Array.from({ length: to - from }, (_, index) => {
    const n = from + index
    const name = {
      key: `documents/2026/${n}/declaration.pdf`,
      versionId: `v.${n.toString(36)}.3sL4kqtJlcpXroDTDmJrmSpXd3dIbrHY`,
    }
    return {
      id: versionId63(name),
      ...name,
      kind: 'object' as const,
      size: 50_000,
      eventTime: Date.now() - 3_600_000 + n,
    }
  })
  await ledger.book(
    pair,
    versions.map((version) => ({ version, dueInMs: 3_600_000 })),
  )
  await ledger.settle(
    pair,
    versions.map(({ id }, index) => ({
      id,
      to: 'park',
      state: 'failed',
      reason: REASONS[index % REASONS.length]!,
      recheckInMs: 86_400_000,
    })),
  )
}
