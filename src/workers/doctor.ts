/**
 * Looks at everything that the estate rests on, and judges it. What does not answer in time is `unknown`: a region that is
 * down must neither hold up a start nor look like something that is missing.
 */
import { examine, type Scope } from '../domain/doctor/doctor.ts'
import type { CheckedEstate } from '../domain/doctor/estate.ts'
import type { Finding } from '../domain/doctor/finding.ts'
import type { Surroundings } from '../domain/doctor/surroundings.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Observed, Seen } from '../domain/setup/observed.ts'

/** Each look is optional: what nobody looks at is not judged. */
export type Looks = {
  readonly [Part in keyof Surroundings]?: (() => Promise<Surroundings[Part]>) | undefined
}

export interface DoctorNeeds {
  readonly estate: CheckedEstate
  readonly observe: () => Promise<Observed>
  readonly looks: Looks
  /** For AWS as a whole; the looks around it bound themselves. */
  readonly patienceMs: number
}

export type Doctor = (scope?: Scope) => Promise<readonly Finding[]>

/** Throws AWS_UNREACHABLE where AWS does not answer in time, and what is a bug. */
export function makeDoctor({ estate, observe, looks, patienceMs }: DoctorNeeds): Doctor {
  return async (scope = {}) => {
    const [observed, around] = await Promise.all([within(patienceMs, observe()), lookAround(looks)])
    return examine(estate, observed, around, scope)
  }
}

async function lookAround(looks: Looks): Promise<Surroundings> {
  const entries = Object.entries(looks).flatMap(([part, look]) => (look === undefined ? [] : [{ part, look }]))
  const seen = await Promise.all(entries.map(async ({ part, look }) => [part, await look()] as const))
  return Object.fromEntries(seen) as Surroundings
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = new LandfallError('AWS_UNREACHABLE', `AWS did not answer all looks within ${Math.round(ms / 1000)} s`)
  const timer = setTimeout(() => reject(late), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** What a look gives, or why it failed. Throws only what is a bug. */
export async function seeing<T>(look: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { is: 'there', value: await look() }
  } catch (error) {
    if (!isLandfallError(error)) throw error
    const { code, message, hint, details } = error
    const action = details['action']
    return { is: 'unknown', fault: { code, message, hint, action: typeof action === 'string' ? action : undefined } }
  }
}
