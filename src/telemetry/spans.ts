/**
 * OpenTelemetry: steps as spans, and BullMQ's own beside them. The only room that knows its packages, and it loads them
 * when it is started: without its environment variables (config/telemetry.ts) none of them is read from the disk.
 */
import type { Context, Link, Span, SpanContext, SpanOptions, TracerProvider } from '@opentelemetry/api'
import type { Telemetry as BullMqTelemetry } from 'bullmq'
import type { ReadableSpan, Sampler, SpanExporter } from '@opentelemetry/sdk-trace'
import type { TelemetryOptions } from '../config/telemetry.ts'
import type { Scrub } from '../domain/scrub.ts'
import { traceOf, upstreamOf } from '../domain/trace.ts'
import { versionId63, type VersionId63 } from '../domain/version.ts'
import type { Clock, IntakeMessage, Log } from '../ports.ts'
import type { Attributes, Steps } from './steps.ts'

export interface Spans {
  readonly steps: Steps
  /** BullMQ's `telemetry` option, of queues and workers. */
  readonly bullmq: BullMqTelemetry
  /** Sends what is still here. Never rejects: a collector's trouble must not fail a stop, nor hide why a start failed. */
  close(): Promise<void>
}

export interface SpanNeeds {
  readonly options: TelemetryOptions
  /** `service.name`, where the environment has none, and the process of it. */
  readonly service: { readonly name: string; readonly instance: string }
  readonly scrub: Scrub
  readonly clock: Clock
  readonly log: Log
}

/** What a collector that is away has the SDK say, is said once in this time. */
const COMPLAINT_MS = 300_000

const NAMES: Readonly<Record<string, string>> = {
  key: 'aws.s3.key',
  bucket: 'aws.s3.bucket',
  message: 'messaging.message.id',
  queue: 'messaging.destination.name',
}

type Sdk = Awaited<ReturnType<typeof load>>

/** Rejects where the packages are not installed (they are optional). */
async function load() {
  const [api, core, sdk, resources, hooks, exporter, bullmq] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/core'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('bullmq-otel'),
  ])
  return { api, core, sdk, resources, hooks, exporter, bullmq }
}

export async function startSpans(needs: SpanNeeds): Promise<Spans> {
  const { options, service, scrub, log } = needs
  const loaded = await load()
  const { api, core, sdk, resources, hooks, exporter, bullmq } = loaded
  complainSeldom(loaded, needs)
  const sampler = samplerOf(loaded, options)
  const ids = derivedIds(loaded)
  const provider = new sdk.TracerProvider({
    sampler,
    idGenerator: ids,
    resource: resources
      .defaultResource()
      .merge(
        resources.resourceFromAttributes({ 'service.name': service.name, 'service.instance.id': service.instance }),
      )
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter: scrubbed(new exporter.OTLPTraceExporter(), scrub), ...options.batch }),
    ],
  })
  // Its own loops and looks at the context go by the globals, and so does BullMQ's instrumentation.
  api.trace.setGlobalTracerProvider(provider)
  api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable())
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  return {
    steps: makeSpanSteps(loaded, provider.getTracer('landfall'), sampler, ids),
    bullmq: new bullmq.BullMQOtel({ tracerName: 'bullmq' }) as BullMqTelemetry,
    async close() {
      try {
        await provider.shutdown()
      } catch (error) {
        log.warn({ err: error }, 'the last spans were not sent')
      }
      api.trace.disable()
      api.context.disable()
      api.propagation.disable()
    },
  }
}

function samplerOf({ sdk }: Sdk, { sampler, ratio }: TelemetryOptions): Sampler {
  const root = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    // By the trace id, which is the version's own: all containers keep the same versions.
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(ratio),
  }[sampler.replace('parentbased_', '') as 'always_on' | 'always_off' | 'traceidratio']()
  return sampler.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root
}

/** Random ids, but for the span that is being started `as` the root of a version's trace. */
function derivedIds({ sdk }: Sdk) {
  const random = new sdk.RandomIdGenerator()
  let next: ReturnType<typeof traceOf> | undefined
  return {
    generateTraceId: () => next?.trace ?? random.generateTraceId(),
    generateSpanId: () => next?.root ?? random.generateSpanId(),
    as<T>(id: VersionId63, start: () => T): T {
      next = traceOf(id)
      try {
        return start()
      } finally {
        next = undefined
      }
    },
  }
}

function makeSpanSteps(
  { api, sdk }: Sdk,
  tracer: ReturnType<TracerProvider['getTracer']>,
  sampler: Sampler,
  ids: ReturnType<typeof derivedIds>,
): Steps {
  const { INTERNAL, CONSUMER } = api.SpanKind

  /** The trace of a version as its other spans hang from it, in whichever process. */
  function within(id: VersionId63): Context {
    const { trace: traceId, root: spanId } = traceOf(id)
    const { decision } = sampler.shouldSample(api.ROOT_CONTEXT, traceId, '', INTERNAL, {}, [])
    const sampled = decision === sdk.SamplingDecision.RECORD_AND_SAMPLED
    const traceFlags = sampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE
    return api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
  }

  /** To what runs here now: the batch, or the job. */
  function toHere(): Link[] {
    const here = api.trace.getSpanContext(api.context.active())
    return here === undefined ? [] : [{ context: here }]
  }

  function startRoot(name: string, id: VersionId63, attributes: Attributes, more: SpanOptions = {}): Span {
    const options = { kind: INTERNAL, attributes: named(attributes), links: toHere(), root: true, ...more }
    return ids.as(id, () => tracer.startSpan(name, options, api.ROOT_CONTEXT))
  }

  function startIn(name: string, id: VersionId63, attributes: Attributes, more: SpanOptions = {}): Span {
    const options = { kind: INTERNAL, attributes: named(attributes), links: toHere(), ...more }
    return tracer.startSpan(name, options, within(id))
  }

  async function ended<T>(spans: readonly Span[], work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      for (const span of spans) {
        span.recordException(error instanceof Error ? error : message)
        span.setStatus({ code: api.SpanStatusCode.ERROR, message })
      }
      throw error
    } finally {
      for (const span of spans) span.end()
    }
  }

  async function inside<T>(span: Span, work: () => Promise<T>, tell: (result: T) => Attributes): Promise<T> {
    return ended([span], async () => {
      const result = await api.context.with(api.trace.setSpan(api.context.active(), span), work)
      span.setAttributes(named(tell(result)))
      return result
    })
  }

  function upstream(messages: readonly IntakeMessage[]): Link[] {
    return messages.flatMap(({ trace: header }) => {
      const up = upstreamOf(header)
      if (up?.span === undefined) return []
      const context: SpanContext = {
        traceId: up.trace,
        spanId: up.span,
        traceFlags: api.TraceFlags.NONE,
        isRemote: true,
      }
      return [{ context }]
    })
  }

  return {
    async batch(messages, work) {
      const queue = messages[0]?.queue
      const attributes = {
        'messaging.system': 'aws_sqs',
        'messaging.operation.type': 'process',
        'messaging.batch.message_count': messages.length,
        ...named({ queue }),
      }
      const options = { kind: CONSUMER, attributes, links: upstream(messages), root: true }
      return inside(tracer.startSpan(`process ${queue}`, options, api.ROOT_CONTEXT), work, () => ({}))
    },
    event(message, event, { id, first }) {
      const attributes = { message: message.id, queue: message.queue, version: id, ...event }
      const start = first ? startRoot : startIn
      start('receive', id, attributes, { kind: CONSUMER, links: [...toHere(), ...upstream([message])] }).end()
    },
    async all(step, pair, versions, work) {
      const start = step === 'reconcile' ? startRoot : startIn
      const spans = versions.map(({ id, attributes }) => start(step, id, { pair, version: id, ...attributes }))
      return ended(spans, work)
    },
    async one(step, pair, { id, attributes }, work, tell) {
      return inside(startIn(step, id, { pair, version: id, ...attributes }), work, tell)
    },
    async look({ pair, side, key, versionId, how }, work, tell) {
      const attributes = { pair, side, key, versionId, how }
      const id = versionId === undefined || versionId === 'null' ? undefined : versionId63({ key, versionId })
      const here = api.trace.getSpanContext(api.context.active())?.traceId
      if (id !== undefined && here !== traceOf(id).trace) return inside(startIn('look', id, attributes), work, tell)
      return inside(tracer.startSpan('look', { kind: api.SpanKind.CLIENT, attributes: named(attributes) }), work, tell)
    },
  }
}

function named(attributes: Attributes): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [[NAMES[name] ?? `landfall.${name}`, value]],
    ),
  )
}

/** A span holds what errors say, and BullMQ's do too. */
function scrubbed(exporter: SpanExporter, scrub: Scrub): SpanExporter {
  const clean = (attributes: Record<string, unknown> | undefined): void => {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (typeof value === 'string') attributes![name] = scrub(value)
    }
  }
  return {
    export(spans: ReadableSpan[], done) {
      for (const span of spans) {
        clean(span.attributes)
        for (const event of span.events) clean(event.attributes)
        const status = span.status as { message?: string }
        if (status.message !== undefined) status.message = scrub(status.message)
      }
      exporter.export(spans, done)
    },
    shutdown: async () => exporter.shutdown(),
    ...(exporter.forceFlush !== undefined && { forceFlush: async () => exporter.forceFlush!() }),
  }
}

/** The SDK reports each failed export. */
function complainSeldom({ api }: Sdk, { log, clock }: SpanNeeds): void {
  let saidAt = -Infinity
  const complain = (said: string): void => {
    if (clock.now() - saidAt < COMPLAINT_MS) return
    saidAt = clock.now()
    log.warn({ said }, 'OpenTelemetry reports trouble; spans may be lost')
  }
  const nothing = (): void => {}
  api.diag.setLogger(
    { error: complain, warn: complain, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}
