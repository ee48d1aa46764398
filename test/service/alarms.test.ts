/** `landfall alarms` and `landfall dashboards` as commands, against a sandbox of their own: its throttling is ordered here. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeAlarmsCommand,
  GetDashboardCommand,
  ListTagsForResourceCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Io } from '../../src/commands/command.ts'
import { main } from '../../src/commands/shell.ts'
import { EXIT } from '../../src/domain/errors.ts'
import { findCommand, makeWorkplace } from '../support/commands.ts'
import { estateDocument, writeEstateFile } from '../support/estate-file.ts'
import { pointSdkAt } from '../support/fake-aws.ts'
import { clientsFor, controlOf, type SandboxProcess, startSandboxProcess } from '../support/sandbox.ts'

const ACCOUNT = '111111111111'
const TOPIC = `arn:aws:sns:eu-west-2:${ACCOUNT}:landfall`
const aws = findCommand('aws')
let sandbox: SandboxProcess
let folder: string
let clients: ReturnType<typeof clientsFor>
let control: ReturnType<typeof controlOf>

beforeAll(async () => {
  sandbox = await startSandboxProcess()
  folder = await mkdtemp(join(tmpdir(), 'landfall-alarms-'))
  clients = clientsFor(sandbox.url, { account: ACCOUNT, region: 'eu-west-2' })
  control = controlOf(sandbox.url)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await control.clearFaults()
})
afterAll(async () => {
  clients.destroy()
  await sandbox.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Report {
  readonly create: readonly string[]
  readonly change: readonly { readonly name: string; readonly differences: readonly object[] }[]
  readonly remove: readonly string[]
  readonly unchanged: number
  readonly foreign: readonly string[]
  readonly taken: readonly string[]
}

/** A configuration with a prefix of its own. */
async function configured(name: string, alarms: object = {}) {
  const prefix = `${name}-`
  const document = estateDocument({
    redisUrl: 'redis://127.0.0.1:6379',
    service: { metrics: {}, alarms: { prefix, topics: [TOPIC], ...alarms } },
  })
  const file = await writeEstateFile(join(folder, `${name}.yaml`), { ...document, name })
  return { prefix, run: async (line: string) => run(`${line} --config ${file}`) }
}

async function run(line: string) {
  pointSdkAt(sandbox.url, ACCOUNT)
  const text = { stdout: '', stderr: '' }
  const out = (name: 'stdout' | 'stderr') => ({
    write: (more: string) => void (text[name] += more),
    isTTY: false,
    columns: 80,
    colour: false,
  })
  const io: Io = { env: { AWS_ENDPOINT_URL: sandbox.url }, stdout: out('stdout'), stderr: out('stderr'), exitCode: 0 }
  const code = await main(line.split(' '), io)
  return { code, ...text, json: () => JSON.parse(text.stdout.trimEnd().split('\n').at(-1)!) as Report }
}

async function described(prefix: string) {
  const AlarmTypes = ['MetricAlarm' as const, 'CompositeAlarm' as const]
  const { MetricAlarms = [], CompositeAlarms = [] } = await clients.cloudwatch.send(
    new DescribeAlarmsCommand({ AlarmNamePrefix: prefix, AlarmTypes, MaxRecords: 100 }),
  )
  return [...MetricAlarms, ...CompositeAlarms]
}

async function theirs(AlarmName: string, more: Partial<PutMetricAlarmCommandInput> = {}): Promise<void> {
  await clients.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: 'Theirs',
      MetricName: 'Anything',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      ...more,
    }),
  )
}

test('plan, apply, apply again, change, destroy', async () => {
  const { prefix, run: landfall } = await configured('whole')
  const plan = await landfall('alarms plan --exit-code')
  expect(plan).toMatchObject({ code: EXIT.atRisk, stderr: '' })
  expect(plan.stdout).toMatch(/^\+ whole-heartbeat-missing {2}Heartbeat below 1, 3 of 3 x 60 s$/m)
  expect(await described(prefix)).toEqual([])

  const first = (await landfall('alarms apply --json')).json()
  const there = await described(prefix)
  expect(there.map(({ AlarmName }) => AlarmName!).sort()).toEqual([...first.create].sort())
  expect(first.create.length).toBeGreaterThan(20)
  const { Tags } = await clients.cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN: there[0]!.AlarmArn }))
  expect(Tags).toEqual([{ Key: 'landfall:estate', Value: 'whole' }])
  const updated = there.map((alarm) => alarm.AlarmConfigurationUpdatedTimestamp)

  const second = await landfall('alarms apply --json')
  expect(second.json()).toMatchObject({ create: [], change: [], remove: [], unchanged: first.create.length })
  expect((await described(prefix)).map((alarm) => alarm.AlarmConfigurationUpdatedTimestamp)).toEqual(updated)
  expect(await landfall('alarms plan --exit-code')).toMatchObject({ code: 0 })
  expect((await landfall('alarms apply')).stdout).toMatch(/Nothing to do\.\n$/)

  const moved = await configured('whole', { late: 7 })
  const change = await moved.run('alarms plan')
  expect(change.stdout).toMatch(/^~ whole-documents-late\n.*description.*\n {4}threshold: 0 -> 7$/m)
  expect((await moved.run('alarms apply --json')).json().change.map(({ name }) => name)).toEqual([
    'whole-documents-late',
    'whole-communications-late',
  ])
  expect((await moved.run('alarms apply --json')).json()).toMatchObject({ change: [] })

  expect((await moved.run('alarms destroy --dry-run --json')).json().remove).toHaveLength(first.create.length)
  expect(await described(prefix)).toHaveLength(first.create.length)
  expect((await moved.run('alarms destroy --json')).json().remove).toHaveLength(first.create.length)
  expect(await described(prefix)).toEqual([])
})

test('what is not ours is left alone, and never overwritten', async () => {
  const { prefix, run: landfall } = await configured('shared')
  await theirs(`${prefix}of-another-team`)
  const applied = await landfall('alarms apply')
  expect(applied.code).toBe(0)
  expect(applied.stderr).toContain('left alone: shared-of-another-team')
  expect((await landfall('alarms destroy --json')).json().foreign).toEqual(['shared-of-another-team'])
  expect((await described(prefix)).map(({ AlarmName }) => AlarmName)).toEqual(['shared-of-another-team'])

  await theirs(`${prefix}poison`)
  const refused = await landfall('alarms apply')
  expect(refused.code).toBe(EXIT.usage)
  expect(refused.stderr).toMatch(/shared-poison[^]*code: NAME_TAKEN/)
  // Before a person has decided nothing at all is changed.
  expect(await described(prefix)).toHaveLength(2)
})

test('an estate beside ours with the same prefix keeps its alarms', async () => {
  const { run: ours } = await configured('one', { prefix: 'both-' })
  await ours('alarms apply')
  const { run: others } = await configured('two', { prefix: 'both-' })
  expect((await others('alarms plan --json')).json()).toMatchObject({ create: [], remove: [] })
  expect((await others('alarms apply')).code).toBe(EXIT.usage)
  expect((await ours('alarms plan --json')).json()).toMatchObject({ create: [], change: [], remove: [] })
  await ours('alarms destroy')
})

test('throttled again and again, apply and destroy end all the same', async () => {
  const { prefix, run: landfall } = await configured('slow')
  await control.setFaults({ requests: [{ service: 'cloudwatch', throttle: 0.1 }] })
  const applied = (await landfall('alarms apply --json')).json()
  await landfall('alarms destroy')
  await control.clearFaults()
  expect(applied.create.length).toBeGreaterThan(20)
  expect(await described(prefix)).toEqual([])
}, 60_000)

test('status names what is in ALARM', async () => {
  const { run: landfall } = await configured('told')
  await landfall('alarms apply')
  // Nothing was ever published here.
  const { code, stdout } = await landfall('alarms status --exit-code')
  expect(code).toBe(EXIT.atRisk)
  expect(stdout).toMatch(/^ALARM {2}told-heartbeat-missing {2}estate told: nothing was published/m)
  expect(stdout).toMatch(/^ALARM {2}told-estate-at-risk/m)
  await landfall('alarms destroy')
})

test("lint finds what is wrong with others' alarms, in both regions", async () => {
  const { run: landfall } = await configured('lint')
  const Dimensions = [
    { Name: 'SourceBucket', Value: 'arn:aws:s3:::faults-documents-source' },
    { Name: 'DestinationBucket', Value: 'faults-documents-destination' },
    { Name: 'RuleId', Value: 'all' },
  ]
  const on = { Namespace: 'AWS/S3', MetricName: 'OperationsFailedReplication', Dimensions, Threshold: 5 }
  await theirs('evil\u001B[31m\nname', on)
  await theirs('fine', {
    ...on,
    MetricName: 'ReplicationLatency',
    Dimensions: [{ Name: 'SourceBucket', Value: 'faults-documents-source' }, ...Dimensions.slice(1)],
    Threshold: 900,
    TreatMissingData: 'notBreaching',
    AlarmActions: [TOPIC],
  })
  const { code, stdout } = await landfall('alarms lint')
  expect(code).toBe(EXIT.atRisk)
  expect(stdout).toContain(
    'never fires  evil\\u001b[31m\\u000aname (eu-west-2, OperationsFailedReplication): SourceBucket is an ARN',
  )
  expect(stdout).not.toContain('\u001B')
  expect(stdout).toMatch(/, 2 on S3's replication metrics, 5 findings\n$/)
  expect((await landfall('alarms lint --json')).json()).toMatchObject({ onReplication: 2 })
})

test('lint reads on where one place does not answer, and its exit code says so', async () => {
  const { run: landfall } = await configured('half')
  const refused = {
    service: 'cloudwatch',
    region: 'eu-west-2',
    throttle: 1,
    status: 403,
    code: 'AccessDenied',
  } as const
  await control.setFaults({ requests: [refused] })
  const { code, stdout, stderr } = await landfall('alarms lint')
  expect(stderr).toContain('code: ACCESS_DENIED')
  expect(stdout).toBe("0 alarms in 1 places, 0 on S3's replication metrics, 0 findings\n")
  expect(code).toBe(EXIT.refused)
})

test('dashboards: apply, apply again, somebody edits, destroy', async () => {
  const { run: landfall } = await configured('boards')
  expect((await landfall('dashboards apply --json')).json().create).toEqual(['boards-estate', 'boards-stage-main'])
  expect((await landfall('dashboards apply --json')).json()).toMatchObject({ create: [], change: [], unchanged: 2 })
  const DashboardName = 'boards-estate'
  const { DashboardBody } = await clients.cloudwatch.send(new GetDashboardCommand({ DashboardName }))
  expect(DashboardBody).toContain(`arn:aws:cloudwatch:eu-west-2:${ACCOUNT}:alarm:boards-estate-at-risk`)
  expect(JSON.parse((await landfall('dashboards print --name boards-estate')).stdout)).toEqual(
    JSON.parse(DashboardBody!),
  )

  const edited = DashboardBody!.replace('RPO: age', 'The RPO: age')
  await clients.cloudwatch.send(new PutDashboardCommand({ DashboardName, DashboardBody: edited }))
  const plan = await landfall('dashboards plan --exit-code')
  expect(plan.code).toBe(EXIT.atRisk)
  expect(plan.stdout).toMatch(
    /^~ boards-estate\n {4}widgets\[\d+\]\.properties\.title: "The RPO: age[^\n]*" -> "RPO: age[^\n]*"$/m,
  )
  await landfall('dashboards apply')
  expect((await landfall('dashboards plan --exit-code')).code).toBe(0)
  expect((await landfall('dashboards destroy --json')).json().remove).toHaveLength(2)
})

test('dashboards print asks nothing of AWS where the account is said', async () => {
  const { run: landfall } = await configured('offline')
  await control.setFaults({ regionsDown: ['eu-west-2'] })
  const { code, stdout } = await landfall('dashboards print --account 222222222222')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toHaveLength(2)
  const unknown = await landfall('dashboards print --account 222222222222 --name nope')
  expect(unknown.code).toBe(EXIT.usage)
})

test.skipIf(aws === undefined)(
  'the real `aws cloudwatch` reads, tags and deletes what was applied',
  async () => {
    const { prefix, run: landfall } = await configured('cli')
    await landfall('alarms apply')
    const workplace = await makeWorkplace()
    try {
      const cloudwatch = async (...args: string[]) =>
        workplace.run(aws!, [
          '--endpoint-url',
          sandbox.url,
          '--region',
          'eu-west-2',
          '--output',
          'json',
          'cloudwatch',
          ...args,
        ])
      const types = ['--alarm-types', 'MetricAlarm', 'CompositeAlarm', '--page-size', '10']
      const listed = JSON.parse(await cloudwatch('describe-alarms', '--alarm-name-prefix', prefix, ...types)) as Record<
        'MetricAlarms' | 'CompositeAlarms',
        { AlarmName: string; AlarmArn: string }[]
      >
      expect([...listed.MetricAlarms, ...listed.CompositeAlarms]).toHaveLength((await described(prefix)).length)
      const { AlarmArn, AlarmName } = listed.MetricAlarms[0]!
      await cloudwatch('tag-resource', '--resource-arn', AlarmArn, '--tags', 'Key=cost,Value=ours')
      const { Tags } = JSON.parse(await cloudwatch('list-tags-for-resource', '--resource-arn', AlarmArn)) as {
        Tags: object[]
      }
      expect(Tags).toContainEqual({ Key: 'cost', Value: 'ours' })
      // A tag of somebody else's is no difference.
      expect((await landfall('alarms plan --json')).json()).toMatchObject({ change: [] })
      const child = listed.MetricAlarms.find((one) => one.AlarmName.endsWith('heartbeat-missing'))!
      await expect(cloudwatch('delete-alarms', '--alarm-names', child.AlarmName)).rejects.toThrow(/depends on/)
      await cloudwatch('delete-alarms', '--alarm-names', `${prefix}estate-at-risk`, AlarmName)
      expect((await landfall('alarms plan --json')).json().create).toHaveLength(2)
      const math = [
        '--metrics',
        JSON.stringify([
          { Id: 'e', Expression: 'DIFF(m)', ReturnData: true },
          {
            Id: 'm',
            ReturnData: false,
            MetricStat: { Metric: { Namespace: 'N', MetricName: 'M' }, Period: 60, Stat: 'Maximum' },
          },
        ]),
      ]
      const rule = ['--evaluation-periods', '1', '--threshold', '0', '--comparison-operator', 'GreaterThanThreshold']
      await cloudwatch('put-metric-alarm', '--alarm-name', 'math', ...rule, ...math)
      await cloudwatch(
        'put-composite-alarm',
        '--alarm-name',
        'over-math',
        '--alarm-rule',
        'ALARM(math) OR FALSE',
        '--tags',
        'Key=a,Value=b',
      )
    } finally {
      await workplace.remove()
      await landfall('alarms destroy')
    }
  },
  120_000,
)
