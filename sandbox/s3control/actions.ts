import type { Call, Reply } from '../types.ts'
import { createJob } from './actions/create-job.ts'
import { describeJob } from './actions/describe-job.ts'
import { getJobTagging } from './actions/get-job-tagging.ts'
import { listJobs } from './actions/list-jobs.ts'
import { updateJobPriority } from './actions/update-job-priority.ts'
import { updateJobStatus } from './actions/update-job-status.ts'
import type { ControlRequest } from './request.ts'

interface Route {
  readonly name: string
  readonly method: string
  readonly path: RegExp
  readonly run: (request: ControlRequest) => Reply | Promise<Reply>
}

const JOBS = '/v20180820/jobs'
const ONE = `${JOBS}/([A-Za-z0-9_-]+)`

/** Every API action. A new one is one file and one line here. */
const ROUTES: readonly Route[] = [
  route('POST', JOBS, 'CreateJob', createJob),
  route('GET', JOBS, 'ListJobs', listJobs),
  route('GET', ONE, 'DescribeJob', describeJob),
  route('GET', `${ONE}/tagging`, 'GetJobTagging', getJobTagging),
  route('POST', `${ONE}/status`, 'UpdateJobStatus', updateJobStatus),
  route('POST', `${ONE}/priority`, 'UpdateJobPriority', updateJobPriority),
]

function route(method: string, path: string, name: string, run: Route['run']): Route {
  return { name, method, path: new RegExp(`^${path}$`), run }
}

export function actionOf(
  call: Call,
): { readonly name: string; readonly run: Route['run']; readonly jobId: string } | undefined {
  for (const { name, method, path, run } of ROUTES) {
    const match = method === call.method ? path.exec(call.path) : null
    if (match !== null) return { name, run, jobId: match[1] ?? '' }
  }
  return undefined
}
