/** What is allowed, and probably not meant. Shown by `landfall config check`; nothing is refused for it. */
import type { Estate } from './estate.ts'
import { isLoopback } from './loopback.ts'
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
  if (!isLoopback(service.http.host) && service.http.token === undefined) {
    warnings.push(
      `service.http.host is ${service.http.host}, and there is no service.http.token: the page, its API and /status answer nobody there.`,
    )
  }
  const { topics, estateTopics } = service.alarms
  if (!service.metrics.enabled && topics.length + estateTopics.length > 0) {
    warnings.push(
      'service.metrics.enabled is false, and service.alarms names topics: of what is not published only the missing heartbeat could be told.',
    )
  }
  // With `window`, the last deletes are held back for two seconds more.
  const pollsEndAfterMs = service.intake.waitSeconds * 1000 + (service.redis.durability === 'window' ? 2000 : 0)
  if (service.shutdownGraceMs <= pollsEndAfterMs) {
    warnings.push(
      `service.shutdownGrace (${formatDuration(service.shutdownGraceMs)}) is not longer than a poll lasts (service.intake.wait and, with durability window, 2s: ${formatDuration(pollsEndAfterMs)}): a shutdown would leave no time for the jobs.`,
    )
  }
  warnings.push(...aboutRedrives(pairs))
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

/** Allowed, and yet what failed then waits for a person, or goes to S3's own bucket. */
function aboutRedrives(pairs: Estate['pairs']): readonly string[] {
  const named = (of: (pair: Estate['pairs'][number]) => boolean): string[] => pairs.filter(of).map(({ name }) => name)
  const warnings: string[] = []
  const bare = named(
    ({ match, redrive }) => redrive.automatic && redrive.batch === undefined && !redrive.copy && match === 'version',
  )
  if (bare.length > 0) {
    warnings.push(
      `no redrive.batch for ${list(bare)}: what fails there is named and stays at risk until a person drives it again or discards it (docs/redrive.md).`,
    )
  }
  const unversioned = named(({ match, redrive }) => match === 'content' && redrive.batch !== undefined)
  if (unversioned.length > 0) {
    warnings.push(
      `redrive.batch for ${list(unversioned)} is never used: with match: content other tools make the replicas, and S3 has no replication to repeat.`,
    )
  }
  const watched = new Set(pairs.flatMap(({ source, destination }) => [source.bucket, destination.bucket]))
  const inside = named(({ redrive }) => redrive.batch !== undefined && watched.has(redrive.batch.bucket))
  if (inside.length > 0) {
    warnings.push(
      `redrive.batch.bucket of ${list(inside)} is a bucket of a pair: manifests and reports would be watched, and replicated.`,
    )
  }
  const writing = named(({ redrive }) => redrive.retrigger)
  if (writing.length > 0) {
    warnings.push(`redrive.retrigger for ${list(writing)}: Landfall makes new versions at the source.`)
  }
  return warnings
}

function list(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
