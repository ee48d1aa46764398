/** Is the last backup good? A row a dump, what is wrong first, and a calendar of each. */
import { at, make, say, sync } from './dom.js'
import { cellsOf, daysOf, faultsOf, levelOf, MARKS, sentenceOf } from './dump.js'
import { inert, number, plural } from './format.js'
import { now, state } from './state.js'

/** @typedef {import('./dump.js').Level} Level */
/** @typedef {{ plan: import('../api.ts').DumpPlan, health: import('../../domain/dump/health.ts').DumpHealth | undefined, level: Level, now: number }} Dump */

const ORDER = { alarm: 0, watch: 1, good: 2 }
const WORDS = { alarm: 'needs you', watch: 'watch', good: 'well' }

/** The most pressing first; none before the first answer. @returns {Dump[]} */
function dumps() {
  const { about, dumps: known } = state
  if (about === undefined || known === undefined) return []
  const time = now()
  return about.dumps
    .map((plan) => {
      const health = known.find(({ dump }) => dump === plan.dump)
      return { plan, health, level: levelOf(faultsOf({ plan, health, now: time })), now: time }
    })
    .sort((a, b) => ORDER[a.level] - ORDER[b.level] || a.plan.dump.localeCompare(b.plan.dump))
}

/** What the answer says of them. @returns {import('./answer.js').Reason[]} */
export function backupReasons() {
  const all = dumps()
  const reason = (/** @type {'alarm' | 'watch'} */ level, /** @type {string} */ end) => {
    const count = all.filter((dump) => dump.level === level).length
    return count === 0
      ? []
      : [{ key: `backups-${level}`, text: `${plural(count, 'backup')} ${end}`, to: '#backups', level }]
  }
  return [...reason('alarm', 'not good'), ...reason('watch', 'to watch')]
}

/** The worst of them in one sentence: the others are no worse. */
function showSentence() {
  const [worst, ...others] = dumps()
  const line = at('answer-backup')
  line.hidden = worst === undefined
  if (worst === undefined) return
  const well = others.filter(({ level }) => level === 'good').length
  const rest = [
    well > 0 ? `${number(well)} more well` : '',
    others.length > well ? `${number(others.length - well)} more to look at` : '',
  ].filter((part) => part !== '')
  line.dataset['level'] = worst.level
  say(line, `Last backup: ${[sentenceOf(worst), ...rest].join(' · ')}`)
}

export function showBackups() {
  showSentence()
  const planned = state.about?.dumps ?? []
  at('backups').hidden = planned.length === 0
  if (planned.length === 0) return
  const all = dumps()
  at('backups-empty').hidden = all.length > 0
  at('backups-grid').hidden = all.length === 0
  sync(at('backups-body'), all, { key: ({ plan }) => plan.dump, create: createRow, update: updateRow })
  at('backups-key').hidden = all.every(({ health }) => health?.days === undefined)
  sync(at('backups-days'), all, { key: ({ plan }) => plan.dump, create: createDays, update: updateDays })
  if (at('backups-key').childElementCount === 0) {
    const marks = Object.values(MARKS).filter((mark) => mark !== MARKS.V)
    at('backups-key').replaceChildren(...marks.map((mark) => make('li', {}, cell(mark), mark.name)))
  }
}

/** @param {Dump} dump */
function createRow({ plan }) {
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, make('span', { class: 'dot' }, make('span', { class: 'hidden' })), inert(plan.dump)),
    ...['n', 'n wide', 'n', 'n wide', 'n', 'wrong wide'].map((name) => make('td', { class: name })),
  )
}

/** @param {Element} element @param {Dump} dump */
function updateRow(element, dump) {
  ;/** @type {HTMLElement} */ (element).dataset['level'] = dump.level
  const word = element.querySelector('.hidden')
  if (word !== null) say(word, WORDS[dump.level])
  const cells = element.querySelectorAll('td')
  for (const [index, text] of cellsOf(dump).entries()) {
    const one = cells[index]
    if (one === undefined) continue
    say(one, text)
    one.classList.toggle('zero', text === '–' || text === 'none')
  }
  cells[5]?.classList.toggle('watch', dump.level === 'watch')
  cells[5]?.classList.toggle('alarm', dump.level === 'alarm')
}

/** @param {import('./dump.js').DayMark} mark */
const cell = ({ mark, tone }) => make('span', { class: 'day', 'data-tone': tone, 'aria-hidden': 'true' }, mark)

/** On a phone what is wrong stands here: the table has no room for it. @param {Dump} dump */
function createDays({ plan }) {
  const name = inert(plan.dump)
  const list = make('ol', { class: 'days', 'aria-label': `The last days of ${name}` })
  return make('div', {}, make('h3', {}, name), make('p', { class: 'narrow' }), list)
}

/** @param {Element} element @param {Dump} dump */
function updateDays(element, { plan, health, level, now: time }) {
  const [, wrong, list] = element.children
  if (wrong === undefined || list === undefined) return
  const faults = faultsOf({ plan, health, now: time })
  say(wrong, faults.map(({ text }) => text).join(', '))
  ;/** @type {HTMLElement} */ (wrong).hidden = faults.length === 0
  ;/** @type {HTMLElement} */ (wrong).dataset['level'] = level
  ;/** @type {HTMLElement} */ (list).hidden = health?.days === undefined
  sync(list, daysOf(health), {
    // A day whose mark changed is another one.
    key: ({ at: day, name }) => `${day} ${name}`,
    create: (day) => {
      const said = `${day.day}: ${day.name}`
      return make('li', { title: said }, cell(day), make('span', { class: 'hidden' }, said))
    },
    update() {},
  })
}
