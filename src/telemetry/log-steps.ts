/** Steps as lines of the log, at `debug`: of a sample of the versions, and of every one that fails. */
import { isSampled, logName, traceOf, upstreamOf } from '../domain/trace.ts'
import type { Log } from '../ports.ts'
import { type Attributes, type Step, STEPS, type Steps } from './steps.ts'

/** `share` of the versions are told, 0 to 1: the same ones in every step and every container. */
export function makeLogSteps({ log, share }: { readonly log: Log; readonly share: number }): Steps {
  function tell(step: Step, pair: string | undefined, id: string, attributes: Attributes = {}): void {
    const { trace } = traceOf(id)
    if (attributes['to'] !== 'park' && !isSampled(trace, share)) return
    log.debug({ ...(pair !== undefined && { pair }), version: id, trace, ...attributes }, STEPS[step])
  }

  return {
    batch: (_messages, work) => work(),
    event({ id: message, queue, trace: header }, event, { id }) {
      const upstream = upstreamOf(header)?.trace
      tell('receive', undefined, id, { message, queue, ...event, ...(upstream !== undefined && { upstream }) })
    },
    async all(step, pair, versions, work) {
      const result = await work()
      for (const { id, attributes } of versions) tell(step, pair, id, attributes)
      return result
    },
    async one(step, pair, { id, attributes }, work, found) {
      const result = await work()
      tell(step, pair, id, { ...attributes, ...found(result) })
      return result
    },
    async look({ pair, side, key, versionId, how }, work, found) {
      const result = await work()
      const name = versionId === undefined ? { key } : logName({ key, versionId })
      if (!('trace' in name) || name.trace === undefined || !isSampled(name.trace, share)) return result
      log.debug({ pair, ...name, side, how, ...found(result) }, STEPS.look)
      return result
    },
  }
}
