/** Small documents beside a dump: manifests, and what verification found. */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { LandfallError } from '../domain/errors.ts'
import type { DumpStore } from '../ports.ts'
import { type DumpPlaceNeeds, isAbsent, send, target } from './dump-place.ts'
import { isTaken } from './dump-uploads.ts'

/** A manifest of 100,000 tables has some 6 MiB; what is beyond this is none. */
const MOST_BYTES = 16 * 2 ** 20

export function makeDocuments(at: DumpPlaceNeeds): Pick<DumpStore, 'putDocument' | 'getDocument'> {
  const { aws, place } = at
  return {
    async putDocument({ key, body, contentType = 'application/json', fresh }) {
      const command = new PutObjectCommand({
        ...target(at, key),
        Body: body,
        ContentType: contentType,
        ...(fresh === true && { IfNoneMatch: '*' }),
      })
      try {
        const answer = await send(at, 's3:PutObject', async () => aws.s3(place).send(command))
        return { kind: 'written', versionId: answer.VersionId ?? 'null' }
      } catch (error) {
        if (fresh === true && isTaken(error)) return { kind: 'taken' }
        throw error
      }
    },

    async getDocument({ key, versionId }) {
      const command = new GetObjectCommand(target(at, key, versionId))
      try {
        return await send(at, 's3:GetObject', async () => {
          const answer = await aws.s3(place).send(command)
          if ((answer.ContentLength ?? 0) > MOST_BYTES) {
            // An unread body would hold its socket.
            ;(answer.Body as { destroy?: () => void } | undefined)?.destroy?.()
            throw new LandfallError(
              'AWS_ERROR',
              `${place.bucket}/${key} has ${answer.ContentLength} bytes: no document`,
            )
          }
          return (await answer.Body?.transformToString('utf8')) ?? ''
        })
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
    },
  }
}
