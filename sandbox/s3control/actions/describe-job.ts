import { describe } from '../describe.ts'
import type { Reply } from '../../types.ts'
import type { ControlRequest } from '../request.ts'
import { rawReply } from '../wire.ts'

export function describeJob({ jobs, place, jobId, clock }: ControlRequest): Reply {
  return rawReply('DescribeJobResult', `<Job>${describe(jobs.find(place, jobId), clock.now())}</Job>`)
}
