import { ServiceError } from '../../http/errors.ts'
import type { Reply } from '../../types.ts'
import { type Job, TERMINAL } from '../job.ts'
import { invalid } from '../order.ts'
import type { ControlRequest } from '../request.ts'
import { controlReply } from '../wire.ts'

export function updateJobStatus({ call, jobs, runner, place, jobId }: ControlRequest): Reply {
  const job = jobs.find(place, jobId)
  const wanted = call.query.get('requestedJobStatus')
  if (wanted === 'Ready') {
    if (job.status !== 'Suspended') throw refuse(job, wanted)
    runner.confirm(job)
  } else if (wanted === 'Cancelled') {
    if (TERMINAL.has(job.status) || job.status === 'Failing') throw refuse(job, wanted)
    runner.cancel(job)
  } else {
    throw invalid('RequestedJobStatus must be Ready or Cancelled')
  }
  job.updateReason = call.query.get('statusUpdateReason') ?? undefined
  return controlReply('UpdateJobStatusResult', {
    JobId: job.id,
    Status: job.status,
    StatusUpdateReason: job.updateReason,
  })
}

function refuse(job: Job, wanted: string): ServiceError {
  return new ServiceError('JobStatusException', `A job that is ${job.status} can't become ${wanted}.`)
}
