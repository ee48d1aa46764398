/** OpenTelemetry and the log over a whole run: one trace from the SQS message to the verdict, and nothing where it is off. */
import { expect, onTestFinished, test } from 'vitest'
import { traceOf } from '../../src/domain/trace.ts'
import { versionId63 } from '../../src/domain/version.ts'
import { landfall, startLandfall } from '../support/landfall-process.ts'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts'
import { DOCUMENTS, eventually, redriveEstate } from '../support/redrive-estate.ts'

/** Writes the address of each module of OpenTelemetry that Node loads to stderr. */
const TELL_LOADED = `--import=data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module'
   registerHooks({ load(url, context, next) {
     if (/node_modules\\/(@opentelemetry|bullmq-otel)/.test(url)) process.stderr.write('LOADED ' + url + '\\n')
     return next(url, context)
   } })`,
)}`

async function startWorld(env: Readonly<Record<string, string>>, level = 'info') {
  const estate = await redriveEstate({ late: '1s', fail: '2s' })
  const { world } = estate
  const more = { ...env, NODE_OPTIONS: TELL_LOADED, LANDFALL_LOG_LEVEL: level }
  const running = await startLandfall({ configFile: world.configFile, env: { ...world.env, ...more } })
  return { ...estate, running }
}

async function otlp(more: Readonly<Record<string, string>> = {}) {
  const receiver = await startOtlpReceiver()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200', ...more }
  return { receiver, env }
}

const inTrace = ({ spans }: OtlpReceiver, trace: string): readonly ReceivedSpan[] =>
  spans.filter((span) => span.trace === trace)

test('the spans of a version are one trace, from its SQS message to its verdict, in spans and log alike', async () => {
  const { receiver, env } = await otlp({ OTEL_SERVICE_NAME: 'landfall-under-test' })
  const { world, put, running } = await startWorld(env, 'debug')
  await world.setFaults({ replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } })
  const lost = await put('documents/lost.pdf')
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).open.failed).toBe(1))
  await world.clearFaults()
  const landed = await put('documents/lands.pdf')
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBeGreaterThan(0))

  const traceFor = ({ key, versionId }: { key: string; versionId: string }): string =>
    traceOf(versionId63({ key, versionId })).trace
  const trace = traceFor({ key: 'documents/lost.pdf', versionId: lost.versionId })
  await eventually(async () => {
    const names = inTrace(receiver, trace).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['receive', 'book', 'verify', 'look', 'settle']))
  })
  const spans = inTrace(receiver, trace)
  const root = spans.find(({ parent }) => parent === '')!
  expect(root).toMatchObject({ service: 'landfall-under-test', name: 'receive', kind: 5 })
  expect(root.span).toBe(traceOf(versionId63({ key: 'documents/lost.pdf', versionId: lost.versionId })).root)
  // Every span hangs, by whatever way, from the event that it was written.
  const known = new Set(spans.map(({ span }) => span))
  expect(spans.filter((span) => span !== root && !known.has(span.parent))).toEqual([])
  const verify = spans.find(({ name }) => name === 'verify')!
  expect(spans.find(({ name }) => name === 'look')!.parent).toBe(verify.span)

  // The message is named, and its batch is linked; the batch's own span was sent.
  expect(root.attributes['messaging.message.id']).toMatch(/[\w-]{8}/)
  const batch = receiver.spans.find(({ span }) => span === root.links[0]!.span)!
  expect(batch.name).toMatch(/^process /)
  expect(batch.attributes['messaging.system']).toBe('aws_sqs')
  // BullMQ's own span of the job that verified it.
  const job = receiver.spans.find(({ span }) => span === verify.links[0]!.span)!
  expect(job).toMatchObject({ scope: 'bullmq', name: 'process verify', kind: 5 })
  expect(spans.some(({ attributes }) => attributes['landfall.to'] === 'park')).toBe(true)

  // Both buckets' messages meet in the trace of the one that landed.
  const other = traceFor({ key: 'documents/lands.pdf', versionId: landed.versionId })
  await eventually(async () => {
    const received = inTrace(receiver, other).filter(({ name }) => name === 'receive')
    expect(new Set(received.map(({ attributes }) => attributes['aws.s3.bucket'])).size).toBe(2)
    const [settled] = inTrace(receiver, other).filter(({ attributes }) => attributes['landfall.verdict'] === 'landed')
    expect(settled).toBeDefined()
  })

  // What failed is in the log whatever the sample says, under the same trace.
  const lines = running.log.filter((line) => line['trace'] === trace)
  expect(lines.map(({ msg }) => msg)).toContain('settled')
  expect(
    lines.every((line) => line['version'] === versionId63({ key: 'documents/lost.pdf', versionId: lost.versionId })),
  ).toBe(true)

  const object = `s3://${world.estate.pairs.find(({ name }) => name === DOCUMENTS)!.source.bucket}/documents/lost.pdf`
  const told = await landfall({ args: ['explain', object, '--config', world.configFile], env: world.env })
  expect(told.stdout).toContain(`trace   ${trace}`)

  running.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
  expect(receiver.requests.every(({ path }) => path === '/v1/traces')).toBe(true)
})

test('the sampler decides by the trace of the version: none of it, whoever asks', async () => {
  const { receiver, env } = await otlp({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' })
  const { world, put, running } = await startWorld(env)
  await put('documents/1.pdf')
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(1))
  running.kill('SIGTERM')
  await running.ended
  expect(receiver.spans).toEqual([])
})

test('without its variables nothing of OpenTelemetry is loaded; a collector that is away costs nothing but spans', async () => {
  const off = await startWorld({})
  await off.put('documents/1.pdf')
  await eventually(async () => expect((await off.world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(1))
  expect(off.running.stderr).not.toContain('LOADED')
  off.running.kill('SIGTERM')
  await off.running.ended

  const away = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_BSP_SCHEDULE_DELAY: '200' }
  const running = await startLandfall({
    configFile: off.world.configFile,
    env: { ...off.world.env, ...away, NODE_OPTIONS: TELL_LOADED },
  })
  onTestFinished(() => running.kill('SIGKILL'))
  await off.put('documents/2.pdf')
  await eventually(async () => expect((await off.world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(2))
  // The hook does see what is loaded.
  expect(running.stderr).toContain('LOADED')
  running.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
})
