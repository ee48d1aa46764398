/** The first five seconds: what would be lost now, and whether anybody has to do something. */
import { backupReasons } from './backups.js'
import { at, make, say, sync } from './dom.js'
import { bytes, lag, number, plural, span } from './format.js'
import { age, lateAfter, state } from './state.js'

/** @typedef {{ key: string, text: string, to: string, level: 'alarm' | 'watch' }} Reason */

export function showAnswer() {
  const { about, totals } = state
  if (about === undefined || totals === undefined) return
  const regions = about.sourceRegions.join(' and ')
  say(
    at('answer-title'),
    totals.atRisk === 0
      ? `If ${regions} were lost now, nothing would be lost.`
      : `If ${regions} were lost now, you would lose ${plural(totals.atRisk, 'version')}.`,
  )
  say(
    at('answer-detail'),
    totals.atRisk === 0
      ? 'Every version that was written is proved to be at its destination.'
      : `${bytes(totals.bytesAtRisk)} in all; the oldest was written ${span(age(totals.oldest))} ago.`,
  )
  const reasons = [...backupReasons(), ...reasonsOf(totals)]
  const level = reasons.some((reason) => reason.level === 'alarm') ? 'alarm' : reasons.length > 0 ? 'watch' : 'good'
  at('answer').dataset['level'] = level
  say(at('answer-level'), { alarm: 'Needs you', watch: 'Watch', good: 'All is well' }[level])
  document.title = `${level === 'good' ? '' : '● '}${number(totals.atRisk)} at risk · ${about.estate} · Landfall`
  sync(at('answer-reasons'), reasons, {
    key: (reason) => reason.key,
    create: () => make('li', {}, make('a', {})),
    update(element, reason) {
      const link = /** @type {HTMLAnchorElement} */ (element.firstElementChild)
      link.href = reason.to
      link.dataset['level'] = reason.level
      say(link, reason.text)
    },
  })
  showTiles(totals)
}

/**
 * @param {import('../api.ts').Totals} totals
 * @returns {readonly Reason[]}
 */
function reasonsOf({ equation, open, incidents, deadLetters }) {
  const rows = [...state.pairs.values()]
  const overdue = rows.filter((row) => age(row.oldest) > 2 * lateAfter(row.pair)).length
  const alarmsOn = state.alarms?.inAlarm ?? 0
  const audited = rows.filter(
    ({ audit }) => audit && audit.counts.findings.missing + audit.counts.findings.mismatched > 0,
  ).length
  const tampering = rows.reduce((sum, row) => sum + row.tampering, 0)
  /** @type {(Reason | false)[]} */
  const all = [
    !equation.holds && { key: 'equation', text: 'the equation does not hold', to: '#pairs', level: 'alarm' },
    open.mismatched > 0 && {
      key: 'mismatched',
      text: `${number(open.mismatched)} mismatched`,
      to: '#failures',
      level: 'alarm',
    },
    incidents > 0 && { key: 'incidents', text: plural(incidents, 'incident'), to: '#incidents', level: 'alarm' },
    overdue > 0 && {
      key: 'overdue',
      text: `${plural(overdue, 'pair')} far beyond their limit`,
      to: '#pairs',
      level: 'alarm',
    },
    open.failed > 0 && { key: 'failed', text: `${number(open.failed)} failed`, to: '#failures', level: 'watch' },
    open.late > 0 && { key: 'late', text: `${number(open.late)} late`, to: '#pairs', level: 'watch' },
    deadLetters > 0 && { key: 'dead', text: plural(deadLetters, 'dead letter'), to: '#queues', level: 'watch' },
    alarmsOn > 0 && { key: 'alarms', text: `${plural(alarmsOn, 'alarm')} on`, to: '#alarms', level: 'watch' },
    audited > 0 && {
      key: 'audits',
      text: `${plural(audited, 'pair')} with audit findings`,
      to: '#audits',
      level: 'watch',
    },
    tampering > 0 && {
      key: 'tampering',
      text: `${plural(tampering, 'replica')} purged by strangers`,
      to: '#pairs',
      level: 'watch',
    },
  ]
  return all.filter((reason) => reason !== false)
}

/** @param {import('../api.ts').Totals} totals */
function showTiles({ open, equation, atRisk, bytesAtRisk, oldest }) {
  const rows = [...state.pairs.values()]
  const p99 = Math.max(...rows.map((row) => row.lag.p99 ?? -1))
  const tiles = [
    { name: 'At risk', value: number(atRisk), note: bytes(bytesAtRisk), level: '' },
    {
      name: 'Oldest at risk',
      value: oldest === undefined ? '–' : span(age(oldest)),
      note: 'since it was written',
      level: '',
    },
    { name: 'Waiting', value: number(open.waiting), note: 'within their time', level: '' },
    { name: 'Late', value: number(open.late), note: 'beyond their limit', level: open.late > 0 ? 'watch' : '' },
    {
      name: 'Failed',
      value: number(open.failed),
      note: 'at risk until landed',
      level: open.failed > 0 ? 'watch' : '',
    },
    { name: 'Lag p99, 24 h', value: p99 < 0 ? '–' : lag(p99), note: 'of the slowest pair', level: '' },
    {
      name: 'Equation',
      value: equation.holds ? 'holds' : 'broken',
      note: `${number(equation.received + equation.reopened)} in = ${number(equation.closed)} closed + ${number(equation.open)} open`,
      level: equation.holds ? '' : 'alarm',
    },
  ]
  sync(at('tiles'), tiles, {
    key: (tile) => tile.name,
    create: (tile) =>
      make('div', {}, make('dt', {}, tile.name), make('dd', { class: 'value' }), make('dd', { class: 'under' })),
    update(element, tile) {
      const [, value, note] = element.children
      if (value === undefined || note === undefined) return
      say(value, tile.value)
      say(note, tile.note)
      ;/** @type {HTMLElement} */ (element).dataset['level'] = tile.level
    },
  })
}
