/** What is allowed, and probably not meant. Shown by `landfall config check`; nothing is refused for it. */
import type { Estate } from './estate.ts'
import { formatDuration } from './units.ts'

export function warningsOf(estate: Estate): readonly string[] {
  const { service, pairs, queues } = estate
  const warnings: string[] = []
  const watched = pairs.filter((pair) => pair.source.region === service.region).map((pair) => pair.name)
  if (watched.length > 0) {
    warnings.push(
      `service.region is ${service.region}, the source region of ${list(watched)}: Landfall would go down with what it watches.`,
    )
  }
  if (service.snapshot === undefined) {
    warnings.push('service.snapshot is absent: with Redis gone, nothing could say what is at risk.')
  }
  // With `window`, the last deletes are held back for two seconds more.
  const pollsEndAfterMs = service.intake.waitSeconds * 1000 + (service.redis.durability === 'window' ? 2000 : 0)
  if (service.shutdownGraceMs <= pollsEndAfterMs) {
    warnings.push(
      `service.shutdownGrace (${formatDuration(service.shutdownGraceMs)}) is not longer than a poll lasts (service.intake.wait and, with durability window, 2s: ${formatDuration(pollsEndAfterMs)}): a shutdown would leave no time for the jobs.`,
    )
  }
  if (queues.length === 0) {
    warnings.push('no queues: no event would ever arrive.')
    return warnings
  }
  const served = new Set(queues.map((queue) => queue.region))
  for (const side of ['source', 'destination'] as const) {
    for (const region of new Set(pairs.map((pair) => pair[side].region))) {
      if (served.has(region)) continue
      const names = pairs.filter((pair) => pair[side].region === region).map((pair) => pair.name)
      // S3 notifies queues of the bucket's own region only; a topic or EventBridge may forward to another one.
      warnings.push(
        `no queue in ${region}, where the ${side} of ${list(names)} is: its events arrive only if a topic or EventBridge forwards them.`,
      )
    }
  }
  return warnings
}

function list(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
