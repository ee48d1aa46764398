/** The bytes of one version, as they come; a connection that breaks is taken up again at the byte where it broke. */
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { setTimeout as sleep } from 'node:timers/promises'
import { awsError, isAbort } from '../domain/aws-errors.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { DumpStore } from '../ports.ts'
import { abortable } from './clients.ts'
import { type DumpPlaceNeeds, isAbsent, send, target } from './dump-place.ts'

/** Breaks without a byte in between that are borne; each waits twice as long, so half a minute in all. */
const BREAKS = 6
const FIRST_WAIT_MS = 500

type At = Parameters<DumpStore['read']>[0]

export function makeRead(at: DumpPlaceNeeds): DumpStore['read'] {
  const during = { action: 's3:GetObject', resource: at.place.bucket, region: at.place.region }

  async function open(ask: At, from: number, etag: string | undefined) {
    const range = from === 0 && ask.to === undefined ? {} : { Range: `bytes=${from}-${ask.to ?? ''}` }
    const command = new GetObjectCommand({
      ...target(at, ask.key, ask.versionId),
      ...range,
      // Without a version id the key may be written anew between two connections: half of each would be neither.
      ...(etag !== undefined && { IfMatch: etag }),
    })
    return send(at, 's3:GetObject', async () => at.aws.s3(at.place).send(command, abortable(ask.signal)))
  }

  return async function* read(ask) {
    let next = ask.from ?? 0
    let etag: string | undefined
    let breaks = 0
    for (;;) {
      try {
        const answer = await open(ask, next, etag)
        etag ??= answer.ETag
        const end = next + (answer.ContentLength ?? 0)
        for await (const chunk of (answer.Body ?? []) as AsyncIterable<Uint8Array>) {
          next += chunk.length
          breaks = 0
          yield chunk
        }
        // A proxy that closes in order, too early, would pass for the end.
        if (next >= end) return
        throw new LandfallError('AWS_UNREACHABLE', `${at.place.bucket}/${ask.key} broke off at byte ${next} of ${end}`)
      } catch (error) {
        if (isAbsent(error)) throw missing(at, ask, error)
        const fault = isAbort(error) ? error : awsError(error, during)
        breaks += 1
        if (!isLandfallError(fault) || fault.disposition !== 'retryable' || breaks > BREAKS) throw fault
        await sleep(
          FIRST_WAIT_MS * 2 ** (breaks - 1),
          undefined,
          ask.signal === undefined ? {} : { signal: ask.signal },
        )
      }
    }
  }
}

function missing(at: DumpPlaceNeeds, ask: At, cause: unknown): LandfallError {
  const version = ask.versionId === undefined ? '' : `, version ${ask.versionId}`
  return new LandfallError('DUMP_MISSING', `no ${at.place.bucket}/${ask.key}${version} (${at.place.region})`, { cause })
}
