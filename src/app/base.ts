/** What every part of the service is made with. */
import type { Estate } from '../config/estate.ts'
import type { Clock, Log, Random } from '../ports.ts'

export interface Base {
  readonly estate: Estate
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
