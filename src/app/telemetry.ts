/** Spans, where the environment asks for them. */
import { secretsOf } from '../config/redact.ts'
import type { TelemetryOptions } from '../config/telemetry.ts'
import { makeScrub } from '../domain/scrub.ts'
import { processName } from '../system.ts'
import { type Spans, startSpans } from '../telemetry/spans.ts'
import type { Base } from './base.ts'

/** What cannot be loaded is told, and worked without: no trace is worth a service that does not start. */
export async function startTelemetry(
  { estate, clock, log }: Base,
  options: { readonly telemetry?: TelemetryOptions | undefined; readonly httpToken?: string | undefined },
): Promise<Spans | undefined> {
  if (options.telemetry === undefined) return undefined
  try {
    return await startSpans({
      options: options.telemetry,
      service: { name: 'landfall', instance: processName() },
      scrub: makeScrub([...secretsOf(estate), options.httpToken]),
      clock,
      log,
    })
  } catch (error) {
    const next = 'npm ci installs the optional packages; --omit=optional leaves them out.'
    log.warn({ err: error, next }, 'OpenTelemetry is not there; no spans are sent')
    return undefined
  }
}
