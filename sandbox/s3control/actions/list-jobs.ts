import { ServiceError } from '../../http/errors.ts'
import type { Reply } from '../../types.ts'
import { listed } from '../describe.ts'
import type { ControlRequest } from '../request.ts'
import { controlReply } from '../wire.ts'

const PAGE_MOST = 1000

/** Newest first; a page goes on behind the job that its token names. */
export function listJobs({ call, jobs, place, clock }: ControlRequest): Reply {
  const wanted = new Set<string>(call.query.getAll('jobStatuses'))
  const most = Number(call.query.get('maxResults') ?? PAGE_MOST)
  if (!Number.isInteger(most) || most < 1 || most > PAGE_MOST) {
    throw new ServiceError('InvalidRequest', `MaxResults must be from 1 to ${PAGE_MOST}`)
  }
  const all = jobs.list(place)
  const token = call.query.get('nextToken')
  const behind = token === null ? -1 : all.findIndex(({ id }) => id === token)
  if (token !== null && behind < 0) throw new ServiceError('InvalidNextToken', 'The next token is not valid.')
  const rest = all.slice(behind + 1).filter(({ status }) => wanted.size === 0 || wanted.has(status))
  const page = rest.slice(0, most)
  return controlReply('ListJobsResult', {
    NextToken: rest.length > most ? page.at(-1)!.id : undefined,
    Jobs: { member: page.map((job) => listed(job, clock.now())) },
  })
}
