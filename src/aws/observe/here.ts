/**
 * Where this process runs. Source: Amazon ECS developer guide, "Task metadata endpoint version 4" (`AvailabilityZone`).
 */
const PATIENCE_MS = 1_000

/** Undefined where nothing tells. `metadata` is the address that ECS gives its tasks; it is on the machine itself. */
export async function hereBy(hints: {
  readonly metadata?: string | undefined
  readonly region?: string | undefined
}): Promise<{ readonly region: string; readonly by: string } | undefined> {
  const region = hints.metadata === undefined ? undefined : await ecsRegion(hints.metadata)
  if (region !== undefined) return { region, by: 'says the metadata of the ECS task' }
  return hints.region === undefined ? undefined : { region: hints.region, by: 'says AWS_REGION' }
}

async function ecsRegion(metadata: string): Promise<string | undefined> {
  try {
    const reply = await fetch(`${metadata}/task`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const { AvailabilityZone: zone } = (await reply.json()) as { readonly AvailabilityZone?: unknown }
    return typeof zone === 'string' ? /^[a-z]+(?:-[a-z]+)+-\d+/.exec(zone)?.[0] : undefined
  } catch {
    return undefined
  }
}
