/** What one dump's numbers mean to a person: is the last backup good? Pure. */
import { bytes, inert, plural, span, utcDay } from './format.js'

/** @typedef {import('../api.ts').DumpPlan} DumpPlan */
/** @typedef {import('../../domain/dump/health.ts').DumpHealth} DumpHealth */
/** @typedef {'alarm' | 'watch' | 'good'} Level */
/** @typedef {{ text: string, level: 'alarm' | 'watch' }} Fault */

/** @typedef {{ mark: string, name: string, tone: 'good' | 'watch' | 'alarm' | 'none' }} DayMark */

/** By the letters of `landfall dump list`. @type {Record<import('../../domain/dump/calendar.ts').DayLetter, DayMark>} */
export const MARKS = {
  D: { mark: '★', name: 'restored in a drill', tone: 'good' },
  V: { mark: '✓', name: 'verified and replicated', tone: 'good' },
  v: { mark: '✓', name: 'verified', tone: 'good' },
  u: { mark: '?', name: 'not verified', tone: 'watch' },
  F: { mark: '✕', name: 'failed its verification', tone: 'alarm' },
  '.': { mark: '·', name: 'none is there', tone: 'none' },
}

/**
 * The limits are those of the alarms, and so is what is grave: whatever would be missing if the database were lost now.
 *
 * @param {{ plan: DumpPlan, health: DumpHealth | undefined, now: number }} of
 * @returns {readonly Fault[]} the gravest first
 */
export function faultsOf({ plan, health, now }) {
  if (health === undefined) return [{ text: 'its bucket has not answered yet', level: 'watch' }]
  const { newest, newestState, newestVerified, newestDrilled, failed, unreplicatedSince, sizeRatio } = health
  if (newest === undefined) return [{ text: 'no dump is there', level: 'alarm' }]
  const late = unreplicatedSince !== undefined && now - unreplicatedSince > (plan.replicaLateMs ?? Infinity)
  /** @type {(Fault | false)[]} */
  const all = [
    now - newest > plan.freshMs && { text: `no new one for ${span(now - newest)}`, level: 'alarm' },
    newestState === 'failed' && { text: 'the newest is broken', level: 'alarm' },
    newestVerified === undefined && { text: 'none is verified', level: 'alarm' },
    newestVerified !== undefined &&
      now - newestVerified > plan.freshMs && {
        text: `none verified for ${span(now - newestVerified)}`,
        level: 'alarm',
      },
    late && { text: `one of ${span(now - unreplicatedSince)} ago has no replica`, level: 'alarm' },
    newestState !== 'failed' && failed > 0 && { text: `${plural(failed, 'dump')} of this week broken`, level: 'watch' },
    newestDrilled === undefined && { text: 'none was ever restored', level: 'watch' },
    newestDrilled !== undefined &&
      now - newestDrilled > plan.drillEveryMs && {
        text: `none restored for ${span(now - newestDrilled)}`,
        level: 'watch',
      },
    sizeRatio !== undefined &&
      sizeRatio < plan.smallest && { text: `shrank to ${percent(sizeRatio)} of the one before`, level: 'watch' },
    sizeRatio !== undefined &&
      sizeRatio > plan.largest && { text: `grew to ${percent(sizeRatio)} of the one before`, level: 'watch' },
  ]
  return all.filter((fault) => fault !== false)
}

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`

/** @param {readonly Fault[]} faults @returns {Level} */
export const levelOf = (faults) => faults[0]?.level ?? 'good'

/**
 * "production, 3 h ago, verified, restored 2 d ago", and then what is wrong.
 *
 * @param {{ plan: DumpPlan, health: DumpHealth | undefined, now: number }} of
 */
export function sentenceOf({ plan, health, now }) {
  const faults = faultsOf({ plan, health, now }).map(({ text }) => text)
  const ago = (/** @type {number} */ at) => `${span(Math.max(0, now - at))} ago`
  if (health?.newest === undefined) return `${inert(plan.dump)}: ${faults.join(', ')}`
  const { newest, newestState, newestDrilled } = health
  const facts = [
    inert(plan.dump),
    ago(newest),
    newestState === 'verified' ? 'verified' : newestState === 'failed' ? 'BROKEN' : 'not verified yet',
    ...(newestDrilled === undefined ? [] : [`restored ${ago(newestDrilled)}`]),
  ]
  const told = faults.filter((text) => text !== 'the newest is broken')
  return told.length === 0 ? facts.join(', ') : `${facts.join(', ')}; ${told.join(', ')}`
}

/**
 * The cells of a dump's row.
 *
 * @param {{ plan: DumpPlan, health: DumpHealth | undefined, now: number }} of
 */
export function cellsOf({ plan, health, now }) {
  const ago = (/** @type {number | undefined} */ at) =>
    at === undefined ? 'never' : `${span(Math.max(0, now - at))} ago`
  const wrong = faultsOf({ plan, health, now }).map(({ text }) => text)
  const tail = wrong.length === 0 ? 'none' : wrong.join(', ')
  if (health === undefined) return ['–', '–', '–', '–', '–', tail]
  const { newest, bytes: size, newestVerified, newestDrilled, replicated, unreplicatedSince } = health
  const replica = !replicated || newest === undefined ? '–' : unreplicatedSince === undefined ? 'all' : 'not all'
  return [ago(newest), size === undefined ? '–' : bytes(size), ago(newestVerified), replica, ago(newestDrilled), tail]
}

const DAY_MS = 86_400_000

/**
 * The days of a dump up to the last that is known, oldest first.
 *
 * @param {DumpHealth | undefined} health
 * @returns {readonly (DayMark & { at: number, day: string })[]}
 */
export function daysOf(health) {
  const { last, letters } = health?.days ?? { last: 0, letters: [] }
  return letters.map((letter, index) => {
    const at = last - (letters.length - 1 - index) * DAY_MS
    return { ...MARKS[letter], at, day: utcDay(at) }
  })
}
