/**
 * S3 Control, as far as S3 Batch Operations goes: jobs that replicate what is there already (S3 Control API reference).
 * Requests come to `<account>.s3-control.<region>...`, and name the account in `x-amz-account-id`, too.
 */
import { ServiceError } from '../http/errors.ts'
import { readHost } from '../http/host.ts'
import type { BatchReplication } from '../replication/batch.ts'
import type { Access, Accesses } from '../s3/access.ts'
import { sentence } from '../iam/words.ts'
import type { S3Store } from '../s3/store/store.ts'
import type { Call, S3ForOthers, Service, WorldCore } from '../types.ts'
import { actionOf } from './actions.ts'
import { makeJobs } from './jobs.ts'
import type { Job } from './job.ts'
import { rowsOf, Unprepared } from './manifest.ts'
import { writeReport } from './report.ts'
import { makeRunner } from './runner.ts'
import { controlError } from './wire.ts'

export interface S3ControlNeeds extends Pick<WorldCore, 'clock' | 'random' | 'faults' | 'iam'> {
  readonly store: S3Store
  readonly s3: S3ForOthers
  readonly replication: BatchReplication
  readonly accesses: Accesses
}

export function makeS3Control(needs: S3ControlNeeds): Service {
  const { clock, random, faults, iam, store, s3, replication, accesses } = needs
  const accessOf = (job: Job): Access =>
    accesses.as(iam.guard.acting(job.order.roleArn, `s3-batch-operations_${job.id}`))
  const jobs = makeJobs(needs)
  const runner = makeRunner({
    clock,
    faults,
    replication,
    prepare(job) {
      checkTrust(job)
      return rowsOf(job.order.source, { store, access: accessOf(job), s3 })
    },
    report: (job, source, results) =>
      writeReport(job, source, results, {
        store,
        access: accessOf(job),
        writer: {
          principal: `AWS:${job.order.roleArn.split('/').at(-1)}:s3-batch-operations`,
          requestId: random.text('s3control/requests', 16).toUpperCase(),
        },
      }),
  })

  /** A role that was created must trust S3 Batch Operations (S3 user guide, "Granting permissions for Batch Operations"). */
  function checkTrust({ order: { roleArn } }: Job): void {
    const service = 'batchoperations.s3.amazonaws.com'
    const fault = iam.guard.trustFault(roleArn, service)
    if (fault !== undefined) throw new Unprepared('AccessDenied', `The role ${roleArn} can't be assumed: ${fault}`)
  }

  function check(call: Call, name: string, account: string, jobId: string): void {
    const { who } = call
    if (!iam.guard.concerns(who, account)) return
    const resource = jobId === '' ? '*' : `arn:aws:s3:${call.region}:${account}:job/${jobId}`
    const denied = iam.guard.denial({ call, who, action: `s3:${name}`, resource, owner: account })
    if (denied !== undefined) throw new ServiceError('AccessDenied', sentence(denied), 403)
  }

  return {
    name: 's3control',
    action: (call) => actionOf(call)?.name ?? 'Unknown',
    async handle(call) {
      try {
        const action = actionOf(call)
        if (action === undefined) {
          throw new ServiceError('NotImplemented', `No ${call.method} ${call.path} here: jobs alone`, 501)
        }
        const account = accountOf(call)
        if (account !== call.account) throw new ServiceError('AccessDenied', 'Access Denied', 403)
        const place = { account, region: call.region }
        check(call, action.name, account, action.jobId)
        return await action.run({ call, iam, place, jobId: action.jobId, jobs, runner, clock })
      } catch (error) {
        if (error instanceof ServiceError) return controlError(call.requestId, error)
        throw error
      }
    },
    refuse: (call, error) => controlError(call.requestId, error),
  }
}

function accountOf(call: Call): string | undefined {
  const header = call.headers['x-amz-account-id']
  return typeof header === 'string' ? header : readHost(call.host).bucket
}
