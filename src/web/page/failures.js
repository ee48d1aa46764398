/** What failed, a card for each pair and cause: how much, what comes of it by itself, and the orders that help. */
import { order, read } from './ask.js'
import { ask, toast } from './dialog.js'
import { at, make, say, sync } from './dom.js'
import { bytes, dollars, inert, number, plural, span } from './format.js'
import { age, state } from './state.js'

/** @typedef {import('../api.ts').FailureGroup} Group */

/** Cards that are shown until more are asked for. */
const FEW = 8
let all = false

export function startFailures() {
  at('failures-more').addEventListener('click', () => {
    all = !all
    showFailures()
  })
}

export function showFailures() {
  const view = state.failures
  if (view === undefined) return
  const off = at('orders-off')
  off.hidden = state.about?.orders !== 'off' || view.versions === 0
  say(off, 'Orders are off: no token is set (service.http.token). `landfall failures redrive` gives the same orders.')
  at('failures-empty').hidden = view.groups.length > 0
  say(at('failures-empty'), 'Nothing failed, and nothing is mismatched.')
  const counted = age(view.at) > 15_000 ? `, counted ${span(age(view.at))} ago` : ''
  say(
    at('failures-aside'),
    view.versions === 0
      ? ''
      : `${plural(view.versions, 'version')} by ${plural(view.groups.length + view.more, 'cause')}${counted}`,
  )
  const more = at('failures-more')
  more.hidden = view.groups.length <= FEW
  say(more, all ? `Show the ${FEW} largest` : `Show all ${view.groups.length} causes`)
  sync(at('failures-list'), all ? view.groups : view.groups.slice(0, FEW), {
    key: (group) => `${group.pair}\n${group.reason}`,
    create: createCard,
    update: updateCard,
  })
}

/** @param {Group} group */
function createCard(group) {
  const { pair, reason } = group
  const label = `${inert(reason)} in ${pair}`
  const versions = make('div', { class: 'versions', hidden: true })
  const unfold = make(
    'button',
    { type: 'button', class: 'quiet', 'aria-expanded': 'false', 'aria-label': `Versions: ${label}` },
    'Versions',
  )
  unfold.addEventListener('click', () => {
    versions.hidden = !versions.hidden
    unfold.setAttribute('aria-expanded', String(!versions.hidden))
    if (!versions.hidden) void listVersions(versions, pair, reason)
  })
  const current = () => state.failures?.groups.find((one) => one.pair === pair && one.reason === reason) ?? group
  return make(
    'li',
    { class: 'cause' },
    make('div', { class: 'what' }, make('h3', {}, inert(reason)), make('p', { class: 'of' }, pair)),
    make('p', { class: 'count' }),
    make('p', { class: 'hint' }, group.hint),
    make('p', { class: 'course' }),
    make(
      'div',
      { class: 'buttons' },
      button('Re-drive', 'main redrive', label, () => redrive(current())),
      button('Probe now', 'quiet probe', label, () => probe(current())),
      unfold,
      button('Discard…', 'quiet give-up', label, () => discard(current())),
    ),
    versions,
  )
}

/**
 * @param {string} text
 * @param {string} kind
 * @param {string} label
 * @param {() => void} work
 */
function button(text, kind, label, work) {
  return make(
    'button',
    { type: 'button', class: kind, 'aria-label': `${text.replace('…', '')}: ${label}`, onclick: work },
    text,
  )
}

/**
 * @param {Element} card
 * @param {Group} group
 */
function updateCard(card, group) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (card.querySelector(name))
  say(
    part('.count'),
    `${plural(group.versions, 'version')} · ${bytes(group.bytes)} · oldest ${span(age(group.oldest))}`,
  )
  say(part('.course'), courseOf(group))
  const off = state.about?.orders === 'off'
  const control = (/** @type {string} */ name) => /** @type {HTMLButtonElement} */ (part(name))
  control('.redrive').disabled = off || drivable(group) === 0
  control('.probe').hidden = group.automatic.held === 0
  control('.probe').disabled = off
  control('.give-up').disabled = off
  ;/** @type {HTMLElement} */ (card).dataset['level'] =
    group.mismatched > 0 || group.automatic.held > 0 ? 'alarm' : 'watch'
}

/** @param {Group} group */
const drivable = (group) => Object.values(group.drivable).reduce((sum, n) => sum + n, 0)

/** What comes of it if nobody does anything. @param {Group} group */
function courseOf({ versions, automatic, inHand, wanted, rests }) {
  const said = []
  if (inHand > 0) said.push(`${number(inHand)} in the hand of a re-drive.`)
  if (wanted > 0) said.push(`${number(wanted)} ordered: the next re-drive takes them.`)
  if (automatic.held > 0) said.push(`${number(automatic.held)} held by an incident until its probe lands.`)
  if (automatic.goesOn === versions && inHand + wanted === 0) said.push('Driven again by itself.')
  else if (automatic.goesOn > 0) said.push(`${number(automatic.goesOn)} driven again by themselves.`)
  for (const { versions: count, why } of rests) {
    if (why !== 'A re-drive has it in hand.') said.push(`${number(count)}: ${why}`)
  }
  return said.join(' ')
}

/** @param {Group} group */
function redrive({ pair, reason, versions, cost, rests }) {
  const left = rests.map(({ versions: count, why }) => make('li', {}, `${number(count)} left alone. ${why}`))
  const count = cost.versions
  ask({
    title: `Re-drive ${plural(count, 'version')}?`,
    body: [
      `${pair}, failed for ${inert(reason)}; ${number(versions)} in all.`,
      `About ${dollars(cost.dollars)} for ${bytes(cost.bytes)}. Each is looked at afresh before it counts as landed.`,
      make('ul', {}, ...left),
    ],
    go: 'Re-drive',
    async work({ by }) {
      const { done } = await order('/api/failures/redrive', { pair, reason: reason, by })
      toast(
        done === 0 ? 'Nothing was left to drive.' : `${plural(done, 'version')} ordered: the next re-drive takes them.`,
      )
    },
  })
}

/** @param {Group} group */
function probe({ pair, reason }) {
  ask({
    title: 'Probe now?',
    body: [
      `${pair}: one version is driven at once, to learn whether the cause of ${inert(reason)} is mended.`,
      'When it lands, the rest follows by itself.',
    ],
    go: 'Probe',
    async work({ by }) {
      // What S3 Batch Operations itself refuses holds versions of every reason: then all of the pair's incidents are meant.
      const own = state.pairs.get(pair)?.incidents.some((incident) => incident.reason === reason)
      const { done, busy } = await order('/api/incidents/probe', { pair, ...(own ? { reason } : {}), by })
      if (busy !== undefined && busy.length > 0)
        throw new Error('A re-drive of this pair is at work: try again in a moment.')
      toast(done === 0 ? 'There is no such incident any more.' : 'The probe goes at the next turn.')
    },
  })
}

/** @param {Group} group */
function discard({ pair, reason, versions, bytes: size }) {
  ask({
    title: `Give ${plural(versions, 'version')} up?`,
    body: [
      `${pair}, failed for ${inert(reason)}: ${bytes(size)}.`,
      'They close as discarded and are at risk no more, although no replica was proved. Nothing in S3 is touched. It cannot be taken back here.',
    ],
    go: 'Discard',
    because: true,
    grave: true,
    async work({ by, because }) {
      const { done } = await order('/api/failures/discard', { pair, reason: reason, by, because })
      toast(`${plural(done, 'version')} discarded.`)
    },
  })
}

/**
 * @param {HTMLElement} box
 * @param {string} pair
 * @param {string} reason
 */
async function listVersions(box, pair, reason) {
  const rows = make('ul', { class: 'keys-list', tabindex: '0', 'aria-label': `Versions: ${inert(reason)} in ${pair}` })
  const more = make('button', { type: 'button', class: 'quiet' }, 'More')
  const line = make('p', { class: 'aside', role: 'status' }, 'Looking.')
  box.replaceChildren(rows, line, more)
  more.hidden = true
  /** @type {string | undefined} */
  let cursor
  let shown = 0
  let looked = 0

  async function next() {
    more.hidden = true
    // A page may hold none of this cause: a few are asked for until there is something to show.
    for (let round = 0, before = shown; round < 20 && shown === before; round += 1) {
      try {
        /** @type {import('../api.ts').FailurePage} */
        const page = await read('/api/failures/versions', { pair, reason, cursor, limit: '50' })
        cursor = page.cursor
        looked += page.looked
        shown += page.versions.length
        rows.append(...page.versions.map((parked) => versionRow(parked)))
      } catch (error) {
        say(line, error instanceof Error ? error.message : String(error))
        more.hidden = false
        return
      }
      if (cursor === undefined) break
    }
    say(
      line,
      cursor === undefined
        ? `${plural(shown, 'version')}, in no order.`
        : `${number(shown)} of those that were looked at (${number(looked)}), in no order.`,
    )
    more.hidden = cursor === undefined
  }
  more.addEventListener('click', () => void next())
  await next()
}

/** @param {import('../api.ts').FailurePage['versions'][number]} parked */
function versionRow({ version, tried, wanted }) {
  const facts = [
    version.kind === 'marker' ? 'delete marker' : version.size === undefined ? '' : bytes(version.size),
    `written ${span(age(version.eventTime))} ago`,
    `version ${inert(version.versionId)}`,
    tried === undefined
      ? ''
      : `${plural(tried.attempts, 'attempt')}, last by ${tried.strategy}${tried.outcome === undefined ? '' : `: ${inert(tried.outcome)}`}`,
    wanted === undefined ? '' : `ordered by ${inert(wanted.by)}`,
  ]
  return make(
    'li',
    {},
    make('bdi', { class: 'key-name' }, inert(version.key)),
    make('span', { class: 'facts' }, facts.filter((fact) => fact !== '').join(' · ')),
  )
}
