/** What looks at the whole from outside: the last audit of each pair, and the alarms in CloudWatch. */
import { read } from './ask.js'
import { at, createItem, fillItem, make, say, sync } from './dom.js'
import { day, inert, number, plural, span } from './format.js'
import { age, state } from './state.js'

export function startChecks() {
  at('audits-save').addEventListener('click', () => void save())
}

export function showChecks() {
  showAudits()
  showAlarms()
}

function showAudits() {
  const all = [...state.pairs.values()]
    .flatMap(({ pair, audit }) => (audit === undefined ? [] : [{ pair, audit, level: levelOf(audit) }]))
    .sort((a, b) => Number(b.level === 'alarm') - Number(a.level === 'alarm') || a.pair.localeCompare(b.pair))
  at('audits-empty').hidden = all.length > 0
  at('audits-save').hidden = all.length === 0
  sync(at('audits-list'), all, {
    key: ({ pair }) => pair,
    create: createItem,
    update(element, { pair, audit, level }) {
      const { counts, endedAt, startedAt, how, booked, notes } = audit
      const found = Object.entries(counts.findings).filter(([, count]) => count > 0)
      const facts = [
        `${number(counts.compared)} versions compared by ${how}, ${number(counts.matched)} matched`,
        found.length === 0 ? 'no finding' : found.map(([name, count]) => `${number(count)} ${name}`).join(', '),
        booked === undefined ? '' : `${number(booked.received + booked.reopened)} booked`,
        `${span(age(endedAt))} ago, took ${span(endedAt - startedAt)}`,
        ...notes.map(inert),
      ]
      fillItem(element, pair, facts.filter((fact) => fact !== '').join(' · '))
      ;/** @type {HTMLElement} */ (element).dataset['level'] = level
    },
  })
}

/** @param {import('../../domain/audit/report.ts').AuditSummary} audit */
const levelOf = ({ counts: { findings } }) => (findings.missing + findings.mismatched > 0 ? 'alarm' : 'good')

/** By a link of our own making: a plain one could not send the token. */
async function save() {
  const audits = await read('/api/audits')
  const url = URL.createObjectURL(new Blob([JSON.stringify(audits, null, 2)], { type: 'application/json' }))
  make('a', { href: url, download: 'landfall-audits.json' }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

function showAlarms() {
  const { alarms } = state
  if (alarms === undefined) return
  const { total, inAlarm, on, trouble, at: asked } = alarms
  const told =
    total === 0
      ? 'No alarm of ours is in CloudWatch: `landfall alarms apply` makes them.'
      : `${plural(total, 'alarm')}, ${inAlarm === 0 ? 'none on' : `${number(inAlarm)} on`}, ${number(on.length - inAlarm)} without data; as of ${day(asked)}.`
  say(at('alarms-line'), trouble === undefined ? told : inert(trouble))
  sync(
    at('alarms-list'),
    on.filter((alarm) => alarm.state === 'ALARM'),
    {
      key: ({ name }) => name,
      create: createItem,
      update(element, { name, reason }) {
        fillItem(element, inert(name), inert(reason))
        ;/** @type {HTMLElement} */ (element).dataset['level'] = 'alarm'
      },
    },
  )
}
