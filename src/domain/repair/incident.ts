/**
 * One cause, one incident: a set-up failure stops the re-drives of all it hit but one, the probe. Probes come at
 * intervals that double; when one lands, the others follow (they are drained), and then the incident is over.
 */
import type { VersionId63 } from '../version.ts'
import type { Act, Incident } from './words.ts'

export interface ProbePolicy {
  readonly minMs: number
  readonly maxMs: number
}

/** Opened by the first version that is seen with this reason. `back`: how often it ended lately, and came back. */
export function openIncident(reason: string, now: number, probe: ProbePolicy, back = 0): Incident {
  const nextProbeAt = now + waitAfter(back, probe)
  return { reason, since: now, probes: 0, nextProbeAt, versions: 0, ...(back > 0 && { back }) }
}

/**
 * How often an incident ended that is back now: 0 for one that is news. A cause that comes and goes (one prefix of many that a
 * role may not write, say) is one trouble: it is raised once, and probed ever more seldom.
 */
export function timesBack(
  acts: readonly Act[],
  at: { readonly pair: string; readonly reason: string },
  since: number,
): number {
  return acts.filter(
    (act) => act.what === 'incident ended' && act.pair === at.pair && act.reason === at.reason && act.at > since,
  ).length
}

/** Its versions are held: the cause stands, as far as anybody knows. */
export function isOpen(incident: Incident | undefined): boolean {
  return incident !== undefined && incident.mendedAt === undefined
}

export function isProbeDue(incident: Incident, now: number): boolean {
  return isOpen(incident) && incident.nextProbeAt <= now
}

/** Min, 2 min, 4 min ... up to max after the begin of the last one: a probe that lasts delays no other. */
export function probeBegun(incident: Incident, id: VersionId63, now: number, probe: ProbePolicy): Incident {
  const probes = incident.probes + 1
  const nextProbeAt = now + waitAfter(probes + (incident.back ?? 0), probe)
  return { ...incident, probes, probe: id, answered: undefined, nextProbeAt }
}

/** Beyond 2^30 the product says nothing new, and a float would lose it. */
function waitAfter(probes: number, { minMs, maxMs }: ProbePolicy): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(30, probes))
}

/**
 * A person wants this version driven, though its incident holds it: it becomes the probe, and is due now, so that the
 * incident ends with it. Undefined where the last probe was later than the order.
 */
export function probeOrdered(
  incident: Incident,
  ordered: { readonly id: VersionId63; readonly at: number },
  now: number,
  probe: ProbePolicy,
): Incident | undefined {
  const lastAt = incident.nextProbeAt - waitAfter(incident.probes + (incident.back ?? 0), probe)
  if (!isOpen(incident) || ordered.at < lastAt) return undefined
  return { ...incident, probe: ordered.id, answered: undefined, nextProbeAt: now }
}

/** The probe's re-drive came back as done: when its version then closes, it has landed. */
export function probeAnswered(incident: Incident): Incident {
  return { ...incident, answered: true }
}

/** Closed by something else, or failing for another reason by now: another version takes its place when it is due. */
export function probeLost(incident: Incident): Incident {
  return { ...incident, probe: undefined, answered: undefined }
}

/** The probe landed: what failed before now is driven. */
export function mended(incident: Incident, now: number): Incident {
  return { ...incident, mendedAt: now, answered: undefined }
}
