/** The operator's page: listens to the service, and shows what it says. */
import { showAnswer } from './answer.js'
import { listen, read, Refusal } from './ask.js'
import { listPairs, choosePair, refresh, startCharts } from './charts.js'
import { ask, startDialog } from './dialog.js'
import { showBackups } from './backups.js'
import { at, say } from './dom.js'
import { showFailures, startFailures } from './failures.js'
import { clock, span } from './format.js'
import { showPairs, startPairs } from './pairs.js'
import { showChecks, startChecks } from './checks.js'
import { showActs, showRest } from './rest.js'
import { takeTokenFromAddress, token } from './session.js'
import { age, setClock, state } from './state.js'

const AGAIN_MS = 2_000
/** No word of the service for so long: what is shown is old, whatever the connection says. */
const STALE_MS = 10_000
let trouble = ''
let connected = false

/** @type {{ [Name in import('../api.ts').EventName]: (value: import('../api.ts').Events[Name]) => void }} */
const on = {
  about(about) {
    state.about = about
    state.dumps = undefined
    // Another service may answer under this address than a moment ago.
    const known = new Set(about.pairs.map(({ pair }) => pair))
    for (const pair of state.pairs.keys()) if (!known.has(pair)) state.pairs.delete(pair)
    say(at('estate'), about.estate)
    listPairs()
    at('sign-in').hidden = about.orders === 'off' || token() !== ''
  },
  totals(totals) {
    state.totals = totals
    trouble = ''
    setClock(totals.at)
  },
  pairs(rows) {
    const first = state.pairs.size === 0
    for (const row of rows) state.pairs.set(row.pair, row)
    if (first) refresh()
  },
  machinery(machinery) {
    state.machinery = machinery
  },
  failures(failures) {
    state.failures = failures
  },
  alarms(alarms) {
    state.alarms = alarms
  },
  dumps(dumps) {
    state.dumps = dumps
  },
  acts(acts) {
    state.acts = acts
    showActs()
  },
  trouble({ message, hint }) {
    trouble = hint === undefined ? message : `${message}. ${hint}`
  },
}

/** Many events come at once; they are shown once a frame. */
let drawing = false
function show() {
  if (drawing) return
  drawing = true
  requestAnimationFrame(() => {
    drawing = false
    showAnswer()
    showBackups()
    showPairs()
    showFailures()
    showRest()
    showChecks()
    showLive()
  })
}

function showLive() {
  const line = at('live')
  const old = state.totals !== undefined && age(state.totals.at) > STALE_MS
  const word = !connected ? 'lost' : old || trouble !== '' ? 'stale' : state.totals === undefined ? 'waiting' : 'live'
  line.dataset['state'] = word
  const since =
    state.totals === undefined ? '' : `; shown as of ${clock(state.totals.at)}, ${span(age(state.totals.at))} ago`
  const text = {
    lost: `no connection${since}`,
    stale: `the service cannot read its ledger${since}`,
    waiting: 'connecting',
    live: 'live',
  }[word]
  // Read out when it changes: it must not change with every second.
  if (line.dataset['said'] !== word) {
    line.dataset['said'] = word
    say(line, text)
  }
  say(at('foot'), trouble)
}

async function follow() {
  for (;;) {
    try {
      await listen((event, data) => {
        connected = true
        on[/** @type {import('../api.ts').EventName} */ (event)]?.(data)
        show()
      }, new AbortController().signal)
    } catch (error) {
      if (error instanceof Refusal && (error.status === 401 || error.status === 403)) await signIn(error)
    }
    connected = false
    showLive()
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Resolves once a token was given that is let in. @param {Refusal} refusal */
async function signIn(refusal) {
  say(at('answer-title'), refusal.status === 401 ? 'This page needs the token.' : refusal.message)
  say(at('answer-detail'), refusal.hint ?? '')
  say(at('answer-level'), 'Not signed in')
  if (refusal.status === 403) return new Promise(() => {})
  return new Promise((resolve) => askForToken(() => resolve(undefined)))
}

/** @param {() => void} done */
function askForToken(done) {
  at('sign-in').hidden = false
  ask({
    title: 'Sign in',
    body: ['The token of service.http.token. It stays in this tab.'],
    go: 'Sign in',
    anonymous: true,
    async work() {
      await read('/api/about')
      at('sign-in').hidden = true
      done()
    },
  })
}

takeTokenFromAddress()
startDialog()
startCharts()
startPairs(choosePair)
startFailures()
startChecks()
at('sign-in').addEventListener('click', () => askForToken(() => {}))
// Ages grow although nothing is sent.
setInterval(show, 1000)
void follow()
