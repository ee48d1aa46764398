import type { Reply } from '../../types.ts'
import type { ControlRequest } from '../request.ts'
import { controlReply } from '../wire.ts'

export function getJobTagging({ jobs, place, jobId }: ControlRequest): Reply {
  const { tags } = jobs.find(place, jobId).order
  return controlReply('GetJobTaggingResult', {
    Tags: { member: tags.map(({ key: Key, value: Value }) => ({ Key, Value })) },
  })
}
