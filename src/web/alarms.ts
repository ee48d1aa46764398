/**
 * The states of our alarms, as CloudWatch has them: asked for while somebody looks, at most once in half a minute, and
 * never waited for. A CloudWatch that is down or refuses makes no page late.
 */
import { isLandfallError } from '../domain/errors.ts'
import type { Clock } from '../ports.ts'
import type { AlarmRow, AlarmsView } from './api.ts'

export interface FoundAlarm {
  readonly name: string
  readonly state: string
  readonly reason: string
}

export interface AlarmStates {
  /** What was known last; undefined until there was an answer. */
  view(): AlarmsView | undefined
}

const FRESH_MS = 30_000
/** Those that are off are a number. */
const SHOWN = 200

export function makeAlarmStates(list: () => Promise<readonly FoundAlarm[]>, clock: Clock): AlarmStates {
  let known: AlarmsView | undefined
  let askedAt = -Infinity

  async function ask(): Promise<void> {
    try {
      const found = await list()
      const on = found.filter(({ state }) => state !== 'OK').map(asRow)
      known = {
        at: clock.now(),
        total: found.length,
        on: on.toSorted(byState).slice(0, SHOWN),
        inAlarm: on.filter(({ state }) => state === 'ALARM').length,
      }
    } catch (error) {
      const trouble = isLandfallError(error) ? `${error.message}. ${error.hint}` : String(error)
      known = { at: clock.now(), total: 0, inAlarm: 0, on: [], ...known, trouble }
    }
  }

  return {
    view() {
      if (clock.now() - askedAt >= FRESH_MS) {
        askedAt = clock.now()
        void ask()
      }
      return known
    },
  }
}

function asRow({ name, state, reason }: FoundAlarm): AlarmRow {
  return { name, state: state === 'ALARM' ? 'ALARM' : 'INSUFFICIENT_DATA', reason }
}

function byState(a: AlarmRow, b: AlarmRow): number {
  return a.state === b.state ? (a.name < b.name ? -1 : 1) : a.state === 'ALARM' ? -1 : 1
}
