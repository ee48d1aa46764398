/**
 * OpenTelemetry's standard environment variables, as far as its SDK leaves them to whoever sets it up: the exporter reads
 * OTEL_EXPORTER_OTLP_* by itself, and the resource OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
 *
 * Source: OpenTelemetry, "Environment Variable Specification".
 */
import type { Environment } from './environment.ts'

export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const
export type SamplerName = (typeof SAMPLERS)[number]

export interface TelemetryOptions {
  readonly sampler: SamplerName
  /** Of `traceidratio`, 0 to 1. */
  readonly ratio: number
  /** Of the batch span processor; its own where absent. */
  readonly batch: {
    readonly scheduledDelayMillis?: number
    readonly exportTimeoutMillis?: number
    readonly maxQueueSize?: number
    readonly maxExportBatchSize?: number
  }
  /** What was set and could not be followed, in a sentence each. */
  readonly warnings: readonly string[]
}

const PROTOCOL = 'http/protobuf'
const ON = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const

const BATCH = {
  OTEL_BSP_SCHEDULE_DELAY: 'scheduledDelayMillis',
  OTEL_BSP_EXPORT_TIMEOUT: 'exportTimeoutMillis',
  OTEL_BSP_MAX_QUEUE_SIZE: 'maxQueueSize',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 'maxExportBatchSize',
} as const

/** Undefined: off. On only where an endpoint is named, or an exporter asked for. An empty variable counts as unset. */
export function telemetryOf(env: Environment): TelemetryOptions | { readonly warnings: readonly string[] } | undefined {
  const at = (name: string): string | undefined => env[name]?.trim() || undefined
  if (at('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined
  const exporter = at('OTEL_TRACES_EXPORTER')
  if (exporter === 'none') return undefined
  if (exporter === undefined && !ON.some((name) => at(name) !== undefined)) return undefined
  const protocol = at('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? at('OTEL_EXPORTER_OTLP_PROTOCOL') ?? PROTOCOL
  if (protocol !== PROTOCOL)
    return {
      warnings: [`No spans are sent: only OTLP by ${PROTOCOL} is spoken, and ${JSON.stringify(protocol)} is set.`],
    }
  if (exporter !== undefined && exporter !== 'otlp')
    return { warnings: [`No spans are sent: of OTEL_TRACES_EXPORTER only otlp and none are known.`] }
  const warnings: string[] = []
  return { ...sampling(at, warnings), batch: batching(at, warnings), warnings }
}

function sampling(at: (name: string) => string | undefined, warnings: string[]) {
  const named = at('OTEL_TRACES_SAMPLER')
  const known = SAMPLERS.find((name) => name === named)
  if (named !== undefined && known === undefined)
    warnings.push(`OTEL_TRACES_SAMPLER ${JSON.stringify(named)} is not known; every trace is sent.`)
  const sampler: SamplerName = known ?? 'parentbased_always_on'
  const text = at('OTEL_TRACES_SAMPLER_ARG')
  const ratio = text === undefined ? 1 : Number(text)
  const fits = ratio >= 0 && ratio <= 1
  if (!fits && sampler.endsWith('traceidratio'))
    warnings.push(`OTEL_TRACES_SAMPLER_ARG ${JSON.stringify(text)} is no number from 0 to 1; every trace is sent.`)
  return { sampler, ratio: fits ? ratio : 1 }
}

function batching(at: (name: string) => string | undefined, warnings: string[]): TelemetryOptions['batch'] {
  const batch: { -readonly [Name in keyof TelemetryOptions['batch']]: TelemetryOptions['batch'][Name] } = {}
  for (const [name, option] of Object.entries(BATCH)) {
    const text = at(name)
    if (text === undefined) continue
    const value = Number(text)
    if (Number.isInteger(value) && value > 0) batch[option] = value
    else warnings.push(`${name} ${JSON.stringify(text)} is no whole number above 0; it is left out.`)
  }
  return batch
}
