/** S3's request metrics, as they stand in the sandbox's CloudWatch of the source's own region, and nowhere else. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { startSandbox } from '../../../sandbox/server.ts'
import { makeAws } from '../../../src/aws/clients.ts'
import { makeCountWrites } from '../../../src/aws/source-writes.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { ACCOUNT } from '../../support/local-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

const MINUTE = 60_000

test('adds up PUTs and POSTs of the bucket and its filter, of that time, in the source region', async () => {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.close())
  pointSdkAt(sandbox.url, ACCOUNT)
  onTestFinished(() => void vi.unstubAllEnvs())
  const now = Math.floor(Date.now() / MINUTE) * MINUTE
  const put = async (name: string, minutesAgo: number, value: number, more: object = {}): Promise<void> => {
    const at = { region: 'eu-west-1', bucket: 'documents-source', filter: 'all', ...more }
    const response = await fetch(`${sandbox.url}/_sandbox/metrics`, {
      method: 'POST',
      body: JSON.stringify({
        account: ACCOUNT,
        region: at.region,
        namespace: 'AWS/S3',
        name,
        dimensions: { BucketName: at.bucket, FilterId: at.filter },
        values: { [new Date(now - minutesAgo * MINUTE).toISOString()]: value },
      }),
    })
    expect(response.status).toBe(200)
  }
  await put('PutRequests', 10, 3)
  await put('PutRequests', 11, 4)
  await put('PostRequests', 10, 2)
  await put('GetRequests', 10, 100)
  await put('PutRequests', 2, 100)
  await put('PutRequests', 30, 100)
  await put('PutRequests', 10, 100, { filter: 'other' })
  await put('PutRequests', 10, 100, { bucket: 'other' })
  await put('PutRequests', 10, 100, { region: 'eu-west-2' })

  const estate = smallEstate()
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  onTestFinished(() => aws.close())
  const count = makeCountWrites(aws)
  const of = { bucket: smallPair('documents').source, filter: 'all', fromMs: now - 20 * MINUTE, toMs: now - 5 * MINUTE }
  expect(await count(of)).toBe(9)
  expect(await count({ ...of, filter: 'none' })).toBeUndefined()
  expect(aws.requests().get('cloudwatch')?.get('GetMetricData')).toBe(2)
})
