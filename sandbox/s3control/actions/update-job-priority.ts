import { ServiceError } from '../../http/errors.ts'
import type { Reply } from '../../types.ts'
import { TERMINAL } from '../job.ts'
import { readPriority } from '../order.ts'
import type { ControlRequest } from '../request.ts'
import { controlReply } from '../wire.ts'

/** Kept only: jobs run side by side. */
export function updateJobPriority({ call, jobs, place, jobId }: ControlRequest): Reply {
  const job = jobs.find(place, jobId)
  const priority = readPriority(call.query.get('priority') ?? '')
  if (TERMINAL.has(job.status)) throw new ServiceError('BadRequest', `The job is ${job.status}.`)
  job.priority = priority
  return controlReply('UpdateJobPriorityResult', { JobId: job.id, Priority: priority })
}
