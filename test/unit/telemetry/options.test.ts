import { describe, expect, it } from 'vitest'
import { telemetryOf } from '../../../src/config/telemetry.ts'

const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

describe("OpenTelemetry's variables", () => {
  it.each([
    ['nothing is set', {}],
    ['only a name is set', { OTEL_SERVICE_NAME: 'landfall' }],
    ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
    ['the SDK is disabled', { ...ON, OTEL_SDK_DISABLED: 'TRUE' }],
    ['no exporter is wanted', { ...ON, OTEL_TRACES_EXPORTER: 'none' }],
  ])('off where %s', (_name, env) => expect(telemetryOf(env)).toBeUndefined())

  it.each([
    [ON, 'parentbased_always_on', 1],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/v1/traces' }, 'parentbased_always_on', 1],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'parentbased_always_on', 1],
    [{ ...ON, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }, 'traceidratio', 0.25],
    [{ ...ON, OTEL_TRACES_SAMPLER: 'always_off' }, 'always_off', 1],
  ])('on: %j', (env, sampler, ratio) => {
    expect(telemetryOf(env)).toEqual({ sampler, ratio, batch: {}, warnings: [] })
  })

  it('takes the numbers of the batch processor', () => {
    const env = { ...ON, OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_BSP_MAX_QUEUE_SIZE: 'many' }
    const { batch, warnings } = telemetryOf(env) as { batch: object; warnings: readonly string[] }
    expect(batch).toEqual({ scheduledDelayMillis: 100 })
    expect(warnings).toEqual([expect.stringContaining('OTEL_BSP_MAX_QUEUE_SIZE')])
  })

  it.each([
    [{ ...ON, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'No spans are sent: only OTLP by http/protobuf'],
    [{ ...ON, OTEL_TRACES_EXPORTER: 'zipkin' }, 'No spans are sent: of OTEL_TRACES_EXPORTER'],
    [{ ...ON, OTEL_TRACES_SAMPLER: 'xray' }, 'every trace is sent'],
    [{ ...ON, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, 'every trace is sent'],
  ])('says what it does not follow: %j', (env, said) => {
    expect(telemetryOf(env)?.warnings.join()).toContain(said)
  })
})
