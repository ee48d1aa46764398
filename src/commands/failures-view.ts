/** Renders failures as text. Keys and reasons come from outside: nothing of them may steer the terminal. */
import { inert } from '../domain/inert.ts'
import { type Because, REST } from '../domain/redrive.ts'
import type { Cost } from '../domain/repair/cost.ts'
import { addCosts, NO_COST } from '../domain/repair/cost.ts'
import { type Group, nextOf } from '../domain/repair/groups.ts'
import { reasonOf } from '../domain/repair/selection.ts'
import type { Act, Incident, Tried, Wanted } from '../domain/repair/words.ts'
import type { Listed } from '../workers/failures.ts'
import { shellWord } from '../domain/shell-word.ts'
import { bytes, duration, plural, table } from './status-view.ts'

/** A line a cause, and below it what to do. */
export function groupLines(groups: readonly Group[], now: number): string[] {
  const rows = groups.map((group) => [
    group.pair,
    inert(group.reason),
    String(group.versions),
    bytes(group.bytes),
    duration(Math.max(0, now - group.oldest) / 1000),
  ])
  const [head, ...lines] = table(['pair', 'reason', 'versions', 'size', 'oldest'], rows)
  return [
    head!,
    ...lines.flatMap((line, index) => {
      const group = groups[index]!
      return [line, ...details(group).map((text) => `  ${text}`)]
    }),
  ]
}

/** As `--json` has it. */
export function groupJson(group: Group) {
  return { ...group, oldest: new Date(group.oldest).toISOString(), next: nextOf(group, shellWord) }
}

function details(group: Group): string[] {
  const { automatic, inHand, wanted, mismatched, sizeless } = group
  const facts = [
    ...(inHand > 0 ? [`${inHand} in hand`] : []),
    ...(wanted > 0 ? [`${wanted} ordered`] : []),
    ...(automatic.held > 0 ? [`${automatic.held} held by the incident`] : []),
    ...(mismatched > 0 ? [`${mismatched} mismatched`] : []),
    ...(sizeless > 0 ? [`${sizeless} of unknown size`] : []),
  ]
  return [...(facts.length === 0 ? [] : [facts.join(', ')]), group.hint, `next: ${nextOf(group, shellWord)}`]
}

export function incidentLines(pair: string, incidents: readonly Incident[], now: number): string[] {
  return incidents.map(({ reason, since, probes, nextProbeAt, mendedAt }) => {
    const wait = (nextProbeAt - now) / 1000
    const next = wait > 0 ? `in ${duration(wait)}` : 'due'
    const age = duration(Math.max(0, now - since) / 1000)
    return mendedAt === undefined
      ? `${pair}: ${inert(reason)} is an incident since ${age}: ${plural(probes, 'probe')} so far, the next is ${next}`
      : `${pair}: the incident ${inert(reason)} is mended; what it held is driven`
  })
}

/** What an order would drive, what it costs, and what it would leave alone. */
export function estimateLines(groups: readonly Group[]): string[] {
  const cost = addCosts(...groups.map((group) => group.cost))
  const left = new Map<Because, number>()
  for (const group of groups) {
    for (const [because, n] of Object.entries(group.left)) {
      left.set(because as Because, (left.get(because as Because) ?? 0) + n)
    }
  }
  return [
    `would be driven: ${costText(cost)}`,
    ...[...left].map(([because, n]) => `left alone: ${plural(n, 'version')}. ${REST[because]}`),
  ]
}

export function totalCost(groups: readonly Group[]): Cost {
  return groups.reduce((sum, { cost }) => addCosts(sum, cost), NO_COST)
}

export function costText({ versions, bytes: size, dollars }: Cost): string {
  return `${plural(versions, 'version')}, ${bytes(size)}, about ${dollarText(dollars)}`
}

export function dollarText(dollars: number): string {
  if (dollars === 0) return '$0'
  return dollars < 0.01 ? 'less than $0.01' : `$${dollars.toFixed(2)}`
}

/** A line a version, oldest first. */
export function versionLines(listed: readonly Listed[], now: number): string[] {
  const rows = listed.map(({ pair, parked: { version, tried } }) => [
    pair,
    version.state,
    duration(Math.max(0, now - version.eventTime) / 1000),
    version.size === undefined ? '-' : bytes(version.size),
    String(tried?.attempts ?? 0),
    inert(reasonOf(version)),
    `${inert(version.key)} ${inert(version.versionId)}`,
  ])
  return table(['pair', 'state', 'age', 'size', 'tried', 'reason', 'version'], rows).map((line) => line.trimEnd())
}

export function triedText({ attempts, forgiven, strategy, at, token, outcome, replicaId }: Tried): string {
  return [
    `${plural(attempts, 'attempt')}${forgiven === 0 ? '' : ` (${forgiven} forgiven)`}`,
    `the last by ${strategy} at ${new Date(at).toISOString()}`,
    token === undefined
      ? `came to: ${outcome === undefined ? 'nothing that was told' : inert(outcome)}`
      : `runs (${inert(token)})`,
    ...(replicaId === undefined ? [] : [`its copy is ${inert(replicaId)}`]),
  ].join('; ')
}

export function wantedText({ at, by }: Wanted): string {
  return `ordered by ${inert(by)} at ${new Date(at).toISOString()}: it is in the next re-drive`
}

export function actLines(acts: readonly Act[]): string[] {
  const rows = acts.map(({ at, who, what, pair, count, reason, selection }) => [
    new Date(at).toISOString(),
    inert(who),
    what,
    pair ?? '-',
    String(count),
    [reason === undefined ? '' : inert(reason), selection === undefined ? '' : inert(JSON.stringify(selection))]
      .filter((text) => text !== '')
      .join('  '),
  ])
  return table(['at', 'who', 'what', 'pair', 'count', 'why'], rows).map((line) => line.trimEnd())
}
