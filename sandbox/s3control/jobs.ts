import { ServiceError } from '../http/errors.ts'
import { seededUuid } from '../http/uuid.ts'
import type { SandboxClock, SandboxRandom } from '../types.ts'
import type { Job, JobOrder } from './job.ts'

/** Whose jobs, and where: an account's jobs of one region. */
export interface Place {
  readonly account: string
  readonly region: string
}

export interface Jobs {
  /**
   * The job of this token: a new one, or the one that the same request made before.
   * @throws ServiceError `IdempotencyException`: the token came with another request
   */
  make(place: Place, order: JobOrder, shown: string, document: string): { readonly job: Job; readonly isNew: boolean }
  /** @throws ServiceError `NoSuchJob` */
  find(place: Place, id: string): Job
  /** Newest first. */
  list(place: Place): readonly Job[]
}

export function makeJobs(needs: { readonly clock: SandboxClock; readonly random: SandboxRandom }): Jobs {
  const places = new Map<string, { readonly jobs: Map<string, Job>; readonly tokens: Map<string, [string, Job]> }>()

  function at({ account, region }: Place) {
    const name = `${account} ${region}`
    let place = places.get(name)
    if (place === undefined) places.set(name, (place = { jobs: new Map(), tokens: new Map() }))
    return place
  }

  return {
    make(place, order, shown, document) {
      const { jobs, tokens } = at(place)
      const [before, made] = tokens.get(order.token) ?? []
      if (made !== undefined) {
        if (before === document) return { job: made, isNew: false }
        throw new ServiceError('IdempotencyException', 'This ClientRequestToken was used with another request.')
      }
      const job: Job = {
        id: seededUuid(needs.random, 's3control/jobs'),
        ...place,
        order,
        shown,
        created: needs.clock.now(),
        status: 'New',
        priority: order.priority,
        updateReason: undefined,
        suspended: undefined,
        ended: undefined,
        failure: undefined,
        total: 0,
        succeeded: 0,
        failed: 0,
        activeSince: undefined,
        activeMs: 0,
      }
      jobs.set(job.id, job)
      tokens.set(order.token, [document, job])
      return { job, isNew: true }
    },
    find(place, id) {
      const job = at(place).jobs.get(id)
      if (job === undefined) throw new ServiceError('NoSuchJob', 'No such job', 404)
      return job
    },
    list: (place) => [...at(place).jobs.values()].toReversed(),
  }
}
