/**
 * One key with more versions than memory should hold: both sides' versions are dealt into parts by their ids, so that
 * versions with one id meet in one part, and each part is classified alone.
 */
import { type AuditRules, type Classified, classifyPlaced, wrongCurrent } from './classify.ts'
import { type Finding, NO_FINDINGS, type SideSeen } from './finding.ts'
import { type Placed, placeOne } from './lifecycle.ts'

/** Somewhere outside memory; a temporary file per part (files/spill.ts). */
export interface Spill {
  write(part: number, line: string): Promise<void>
  read(part: number): AsyncIterable<string>
  /** Removes it all. */
  end(): Promise<void>
}

export const SPILL_PARTS = 64

/** Deals one side's versions, newest first, as they come. */
export function makeDealer(spill: Spill, side: 's' | 'd', partOf: (version: SideSeen) => number) {
  let previous: SideSeen | undefined
  let current: SideSeen | undefined
  let index = -1
  /** The newest few, which tell what is current. */
  const head: Placed[] = []

  async function deal(below: SideSeen | undefined): Promise<void> {
    if (current === undefined) return
    const placed = placeOne(current, previous, below, index)
    if (head.length < HEAD) head.push(placed)
    await spill.write(partOf(current), side + JSON.stringify(placed))
  }

  return {
    head,
    async add(version: SideSeen): Promise<void> {
      await deal(version)
      previous = current
      current = version
      index += 1
    },
    end: () => deal(undefined),
  }
}

const HEAD = 1000

export async function classifySpilled(
  key: string,
  spill: Spill,
  heads: { readonly source: readonly Placed[]; readonly destination: readonly Placed[] },
  rules: AuditRules,
): Promise<Classified> {
  const findings: Finding[] = []
  let compared = 0
  let matched = 0
  for (let part = 0; part < SPILL_PARTS; part += 1) {
    const source: Placed[] = []
    const destination: Placed[] = []
    for await (const line of spill.read(part)) {
      const to = line.startsWith('s') ? source : destination
      to.push(JSON.parse(line.slice(1)) as Placed)
    }
    const result = classifyPlaced(key, source, destination, rules)
    compared += result.compared
    matched += result.matched
    for (const finding of result.findings) findings.push(finding)
  }
  if (findings.every((finding) => finding.class === 'lifecycle marker')) {
    const wrong = wrongCurrent(key, heads.source, heads.destination, rules)
    if (wrong !== undefined) findings.push(wrong)
  }
  return { compared, matched, findings: findings.length === 0 ? NO_FINDINGS : findings }
}

/** FNV-1a: spread evenly, and the same on both sides. */
export function partOfText(text: string): number {
  return hash32(text) % SPILL_PARTS
}

export function hash32(text: string, seed = 0x811c9dc5): number {
  let hash = seed
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at)
    hash = Math.imul(hash, 0x01000193)
  }
  // Its low bits alone are poor: mixed once more (MurmurHash3's last step).
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  return hash >>> 0
}
