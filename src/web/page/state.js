/** What the page knows: the last of each event, and the server's clock, which need not be this machine's. */

/** @typedef {import('../api.ts').PairRow} PairRow */

export const state = {
  /** @type {import('../api.ts').AboutPage | undefined} */
  about: undefined,
  /** @type {import('../api.ts').Totals | undefined} */
  totals: undefined,
  /** @type {Map<string, PairRow>} */
  pairs: new Map(),
  /** @type {import('../api.ts').Machinery | undefined} */
  machinery: undefined,
  /** @type {import('../api.ts').FailuresView | undefined} */
  failures: undefined,
  /** @type {import('../api.ts').AlarmsView | undefined} */
  alarms: undefined,
  /** @type {readonly import('../../domain/dump/health.ts').DumpHealth[] | undefined} */
  dumps: undefined,
  /** @type {readonly import('../../domain/repair/words.ts').Act[]} */
  acts: [],
}

let heardAt = 0

/** @param {number} serverTime */
export function setClock(serverTime) {
  heardAt = serverTime - performance.now()
}

/** The server's time, ms. */
export const now = () => heardAt + performance.now()

/** @param {number | undefined} since */
export const age = (since) => (since === undefined ? 0 : Math.max(0, now() - since))

/** The limit after which a version of this pair is late. @param {string} pair */
export const lateAfter = (pair) => state.about?.pairs.find((one) => one.pair === pair)?.lateAfterMs ?? Infinity
