/** The smaller sections: incidents, re-drives, queues, jobs, the ledger, and the record of who did what. */
import { at, createItem, fillItem, make, say, sync } from './dom.js'
import { day, inert, number, plural, span } from './format.js'
import { age, now, state } from './state.js'

export function showRest() {
  showIncidents()
  showRedrives()
  showMachinery()
}

/** @param {string} name @param {number} count */
function empty(name, count) {
  at(`${name}-empty`).hidden = count > 0
}

function showIncidents() {
  const all = [...state.pairs.values()].flatMap(({ pair, incidents }) =>
    incidents.map((incident) => ({ pair, incident })),
  )
  empty('incidents', all.length)
  sync(at('incidents-list'), all, {
    key: ({ pair, incident }) => `${pair}\n${incident.reason}`,
    create: createItem,
    update(element, { pair, incident }) {
      const { mendedAt, nextProbeAt, probes, versions, since, detail } = incident
      const next =
        mendedAt === undefined
          ? nextProbeAt > now()
            ? `next probe in ${span(nextProbeAt - now())}`
            : 'a probe is due'
          : `mended ${span(age(mendedAt))} ago: what failed is driven`
      const facts = [
        pair,
        `${plural(versions ?? 0, 'version')} held`,
        `since ${day(since)}`,
        plural(probes, 'probe'),
        next,
      ]
      fillItem(
        element,
        inert(incident.reason),
        [...facts, ...(detail === undefined ? [] : [inert(detail)])].join(' · '),
      )
      ;/** @type {HTMLElement} */ (element).dataset['level'] = mendedAt === undefined ? 'alarm' : 'good'
    },
  })
}

function showRedrives() {
  const all = [...state.pairs.values()].flatMap(({ pair, redrives }) => redrives.map((redrive) => ({ pair, redrive })))
  empty('redrives', all.length)
  sync(at('redrives-list'), all, {
    key: ({ pair, redrive }) => `${pair}\n${redrive.token}`,
    create: createItem,
    update(element, { pair, redrive }) {
      const { strategy = 'batch', versions, createdAt, by, probeOf, state: stage, jobId } = redrive
      const facts = [
        `by ${strategy}`,
        `begun ${span(age(createdAt))} ago`,
        `ordered by ${by === 'automatic' ? 'Landfall' : inert(by)}`,
        probeOf === undefined ? '' : `probe of ${inert(probeOf)}`,
        stage === 'booked' ? 'not made yet' : '',
        jobId === undefined ? '' : `job ${inert(jobId)}`,
      ]
      fillItem(element, `${plural(versions, 'version')} of ${pair}`, facts.filter((fact) => fact !== '').join(' · '))
    },
  })
}

function showMachinery() {
  const { machinery } = state
  if (machinery === undefined) return
  const cells = (/** @type {number} */ count) => Array.from({ length: count }, () => make('td', { class: 'n' }))
  const fill = (/** @type {Element} */ row, /** @type {string[]} */ texts) => {
    for (const [index, text] of texts.entries()) {
      const cell = row.querySelectorAll('td')[index]
      if (cell === undefined) continue
      say(cell, text)
      cell.classList.toggle('zero', text === '0' || text === '–')
    }
  }
  const count = (/** @type {number | undefined} */ value) => (value === undefined ? '–' : number(value))
  sync(at('queues-body'), machinery.queues, {
    key: ({ queue }) => queue,
    create: ({ queue }) => make('tr', {}, make('th', { scope: 'row' }, queue), ...cells(4)),
    update(row, { depth, newestEvent }) {
      fill(row, [
        count(depth?.visible),
        count(depth?.inFlight),
        count(depth?.deadLetters),
        newestEvent === undefined ? 'never' : span(age(newestEvent)),
      ])
      row.querySelectorAll('td')[2]?.classList.toggle('watch', (depth?.deadLetters ?? 0) > 0)
    },
  })
  const dead = machinery.queues.reduce((sum, { depth }) => sum + (depth?.deadLetters ?? 0), 0)
  say(at('queues-hint'), dead > 0 ? '`landfall dead-letters list` says why they were parked.' : 'No dead letter waits.')
  sync(at('jobs-body'), machinery.jobs, {
    key: ({ job }) => job,
    create: ({ job }) => make('tr', {}, make('th', { scope: 'row' }, job), ...cells(4)),
    update: (row, { waiting, active, delayed, failed }) => fill(row, [waiting, active, delayed, failed].map(count)),
  })
  const { ledger } = machinery
  if (ledger === undefined) return
  const memory =
    ledger.memoryShare === undefined ? '' : ` · ${Math.round(ledger.memoryShare * 100)} % of its memory used`
  const forgets = ledger.mayForgetSeconds > 0 ? ` · a failover may forget ${ledger.mayForgetSeconds} s` : ''
  say(at('ledger-line'), `Ledger: Redis ${ledger.version}, kept by ${ledger.how}${forgets}${memory}`)
}

export function showActs() {
  empty('acts', state.acts.length)
  sync(at('acts-list'), state.acts, {
    key: (act) => `${act.at} ${act.who} ${act.what} ${act.pair ?? ''} ${act.count} ${act.reason ?? ''}`,
    create: (act) =>
      make(
        'li',
        {},
        make('time', { datetime: new Date(act.at).toISOString() }, day(act.at)),
        make('span', { class: 'who' }, inert(act.who)),
        make(
          'span',
          { class: 'did' },
          [
            act.what,
            act.pair,
            act.count === 0 ? '' : number(act.count),
            act.reason === undefined ? '' : inert(act.reason),
          ]
            .filter((part) => part !== undefined && part !== '')
            .join(' · '),
        ),
      ),
    update() {},
  })
}
