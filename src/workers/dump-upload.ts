/**
 * A stream of unknown length into the parts of one upload, some side by side, in memory that does not grow with it:
 * each part has a buffer of its own, which is filled again when its part is stored.
 */
import { createHash } from 'node:crypto'
import { base64OfCrc32, combineCrc32 } from '../domain/dump/crc32.ts'
import { MOST_PARTS, type PartPlan } from '../domain/dump/parts.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Digest, DumpStore, Log, Random, Upload, UploadedPart } from '../ports.ts'
import { retry, type RetryPolicy } from './retry.ts'

export interface UploadedStream {
  readonly parts: readonly UploadedPart[]
  /** Of the whole, base64. */
  readonly crc32: string
  readonly stored: Digest
}

export interface UploadNeeds {
  readonly store: Pick<DumpStore, 'part'>
  readonly random: Random
  readonly policy: RetryPolicy
  readonly log: Log
  readonly plan: PartPlan
  readonly upload: Upload
  readonly stream: AsyncIterable<Uint8Array>
  /** The stream's digest once it is over, where somebody else has it; else it is hashed here. */
  readonly hashed?: (() => Digest) | undefined
  readonly signal: AbortSignal
  /** Told of bytes as they are stored. */
  readonly onStored?: ((bytes: number) => void) | undefined
}

/** Rejects when a part is given up, the stream fails or the signal aborts; then no request is under way any more. */
export async function uploadStream(needs: UploadNeeds): Promise<UploadedStream> {
  const { plan, random, policy, log } = needs
  const failed = new AbortController()
  const signal = AbortSignal.any([needs.signal, failed.signal])
  const hash = needs.hashed === undefined ? createHash('sha256') : undefined
  const free: Buffer[] = []
  const running = new Set<Promise<void>>()
  const parts: UploadedPart[] = []
  let bytes = 0
  let number = 0
  let filling: Buffer | undefined
  let filled = 0

  async function send(buffer: Buffer, length: number): Promise<void> {
    number += 1
    if (number > MOST_PARTS) throw tooBig(plan)
    const body = buffer.subarray(0, length)
    hash?.update(body)
    bytes += length
    // A slot first: what waits for one holds the stream up, and with it pg_dump.
    while (running.size >= plan.concurrency) await Promise.race(running)
    signal.throwIfAborted()
    const part = store(number, body).then(
      () => {
        free.push(buffer)
        running.delete(part)
      },
      (error: unknown) => {
        running.delete(part)
        failed.abort(error)
      },
    )
    running.add(part)
  }

  async function store(at: number, body: Buffer): Promise<void> {
    const onRetry = (error: unknown): void =>
      log.warn({ key: needs.upload.key, part: at, error: String(error) }, 'a part failed; it is sent again')
    parts.push(
      await retry({ random, policy, signal, onRetry }, async () =>
        needs.store.part(needs.upload, { number: at, body, signal }),
      ),
    )
    needs.onStored?.(body.length)
  }

  async function take(chunk: Uint8Array): Promise<void> {
    let at = 0
    while (at < chunk.length) {
      filling ??= free.pop() ?? Buffer.allocUnsafeSlow(plan.size)
      const taken = Math.min(plan.size - filled, chunk.length - at)
      filling.set(chunk.subarray(at, at + taken), filled)
      filled += taken
      at += taken
      if (filled < plan.size) continue
      const full = filling
      filling = undefined
      filled = 0
      await send(full, plan.size)
    }
  }

  try {
    for await (const chunk of needs.stream) {
      signal.throwIfAborted()
      await take(chunk)
    }
    // An upload has one part at least.
    if (filled > 0 || number === 0) await send(filling ?? Buffer.alloc(0), filled)
    await Promise.all(running)
    signal.throwIfAborted()
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(running)
    // The first fault, not what it made of the others.
    throw signal.reason
  }
  const stored = needs.hashed?.() ?? { bytes, sha256: hash!.digest('hex') }
  return { parts, crc32: base64OfCrc32(crcOf(parts)), stored }
}

function tooBig({ most }: PartPlan): LandfallError {
  return new LandfallError('DUMP_TOO_BIG', `the dump has more than ${Math.floor(most / 2 ** 30)} GiB`)
}

function crcOf(parts: readonly UploadedPart[]): number {
  const inOrder = parts.toSorted((one, other) => one.number - other.number)
  return inOrder.reduce((sum, { crc, bytes }) => combineCrc32(sum, crc, bytes), 0)
}
