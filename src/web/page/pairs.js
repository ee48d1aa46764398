/** The table of pairs: the most pressing first, a dozen of them until more are asked for. */
import { at, make, say, sync } from './dom.js'
import { bytes, lag, number, span } from './format.js'
import { age, lateAfter, state } from './state.js'

/** @typedef {import('./state.js').PairRow} PairRow */

const FEW = 12
let all = false
let filter = ''

/** @param {(pair: string) => void} onChoose */
export function startPairs(onChoose) {
  choose = onChoose
  at('pairs-more').addEventListener('click', () => {
    all = !all
    showPairs()
  })
  at('pairs-filter').addEventListener('input', (event) => {
    filter = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase()
    showPairs()
  })
}

/** @type {(pair: string) => void} */
let choose = () => {}

/** @param {PairRow} row @returns {'alarm' | 'watch' | 'good'} */
function levelOf(row) {
  const overdue = age(row.oldest) > 2 * lateAfter(row.pair)
  if (!row.holds || row.open.mismatched > 0 || row.incidents.some((one) => one.mendedAt === undefined) || overdue)
    return 'alarm'
  return row.open.failed + row.open.late + row.tampering > 0 ? 'watch' : 'good'
}

const ORDER = { alarm: 0, watch: 1, good: 2 }
const WORDS = { alarm: 'needs you', watch: 'watch', good: 'well' }

export function showPairs() {
  // By what presses and by name: an order by ages would jump under the reader's eyes.
  const rows = [...state.pairs.values()]
    .map((row) => ({ row, level: levelOf(row) }))
    .filter(({ row }) => filter === '' || row.pair.toLowerCase().includes(filter))
    .sort((a, b) => ORDER[a.level] - ORDER[b.level] || a.row.pair.localeCompare(b.row.pair))
  const shown = all || filter !== '' ? rows : rows.slice(0, FEW)
  const more = at('pairs-more')
  more.hidden = filter !== '' || rows.length <= FEW
  say(more, all ? `Show the ${FEW} most pressing` : `Show all ${rows.length} pairs`)
  at('pairs-filter').hidden = state.pairs.size <= FEW
  sync(at('pairs-body'), shown, { key: ({ row }) => row.pair, create: createRow, update: updateRow })
}

/** @param {{ row: PairRow }} item */
function createRow({ row }) {
  const plan = state.about?.pairs.find(({ pair }) => pair === row.pair)
  const title = plan && `${plan.source} to ${plan.destination}`
  const button = make('button', { type: 'button', class: 'pair', title, onclick: () => choose(row.pair) }, row.pair)
  const cells = ['', ' wide', '', ' wide', '', ' wide', ' wide', ' wide', ' wide', ' wide', ' wide']
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, make('span', { class: 'dot' }, make('span', { class: 'hidden' })), button),
    ...cells.map((wide) => make('td', { class: `n${wide}` })),
  )
}

/**
 * @param {Element} element
 * @param {{ row: PairRow, level: keyof typeof ORDER }} item
 */
function updateRow(element, { row, level }) {
  ;/** @type {HTMLElement} */ (element).dataset['level'] = level
  const word = element.querySelector('.hidden')
  if (word !== null) say(word, WORDS[level])
  const texts = [
    number(row.atRisk),
    bytes(row.bytesAtRisk),
    row.oldest === undefined ? '–' : span(age(row.oldest)),
    number(row.open.late),
    number(row.open.failed),
    number(row.open.mismatched),
    lag(row.lag.p50),
    lag(row.lag.p95),
    lag(row.lag.p99),
    number(row.closed.landed),
    row.newestEvent === undefined ? 'never' : span(age(row.newestEvent)),
  ]
  const cells = element.querySelectorAll('td')
  for (const [index, text] of texts.entries()) {
    const cell = cells[index]
    if (cell === undefined) continue
    say(cell, text)
    cell.classList.toggle('zero', text === '0' || text === '0 B' || text === '–')
  }
  cells[3]?.classList.toggle('watch', row.open.late > 0)
  cells[4]?.classList.toggle('watch', row.open.failed > 0)
  cells[5]?.classList.toggle('alarm', row.open.mismatched > 0)
}
