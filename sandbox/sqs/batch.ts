import { ServiceError } from '../http/errors.ts'
import { type Input, objects, requiredText } from '../http/input.ts'

interface BatchReply {
  Successful: object[]
  Failed: object[]
}

/**
 * Runs `each` for every entry of a batch request; an entry's error fails that entry alone. Throws where the batch
 * as a whole is wrong (none, more than ten, ids that repeat or are malformed).
 */
export function inBatch(input: Input, each: (entry: Input) => object): BatchReply {
  const entries = objects(input, 'Entries')
  checkBatch(entries)
  const reply: BatchReply = { Successful: [], Failed: [] }
  for (const entry of entries) {
    const Id = entry['Id']
    try {
      reply.Successful.push({ Id, ...each(entry) })
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      reply.Failed.push({ Id, SenderFault: true, Code: error.code, Message: error.message })
    }
  }
  return reply
}

function checkBatch(entries: readonly Input[]): void {
  if (entries.length === 0) {
    throw new ServiceError('EmptyBatchRequest', 'There should be at least one entry in the request.')
  }
  if (entries.length > 10) {
    const message = `Maximum number of entries per request are 10. You have sent ${entries.length}.`
    throw new ServiceError('TooManyEntriesInBatchRequest', message)
  }
  const ids = new Set<string>()
  for (const entry of entries) {
    const id = requiredText(entry, 'Id')
    if (!/^[\w-]{1,80}$/.test(id)) {
      const message = 'A batch entry id can only contain alphanumeric characters, hyphens and underscores, at most 80.'
      throw new ServiceError('InvalidBatchEntryId', message)
    }
    if (ids.has(id)) throw new ServiceError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`)
    ids.add(id)
  }
}
