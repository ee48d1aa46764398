/**
 * How far this machine's clock is off AWS'. Source: AWS STS API reference, GetCallerIdentity; each answer has a `Date` header,
 * also one that refuses the request because of the clock.
 */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { attempt } from '../../domain/aws-errors.ts'
import { isLandfallError } from '../../domain/errors.ts'
import type { Seen } from '../../domain/setup/observed.ts'
import type { Clock } from '../../ports.ts'
import type { Estate } from '../../config/estate.ts'
import type { Aws, Place } from '../clients.ts'
import { ABSENT, faultOf, there } from './look.ts'

/** `Date` has whole seconds: on average half of one is cut off. */
const CUT_MS = 500

/** AWS' time less ours, ms, within about a second. */
export async function observeClock(aws: Pick<Aws, 'sts'>, place: Place, clock: Clock): Promise<Seen<number>> {
  let skew: number | undefined
  const command = new GetCallerIdentityCommand({})
  command.middlewareStack.add(
    (next) => async (args) => {
      const asked = clock.now()
      const result = await next(args)
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> }
      const said = Date.parse(headers?.['date'] ?? '')
      if (Number.isFinite(said)) skew = said + CUT_MS - (asked + clock.now()) / 2
      return result
    },
    // Below what reads the answer, so that a refusal is measured as well.
    { step: 'deserialize', priority: 'low', name: 'landfallClock' },
  )
  try {
    const { region } = place
    await attempt({ action: 'sts:GetCallerIdentity', resource: `region ${region}`, region }, () =>
      aws.sts(place).send(command),
    )
  } catch (error) {
    if (!isLandfallError(error)) throw error
    if (skew === undefined) return { is: 'unknown', fault: faultOf(error) }
  }
  return skew === undefined ? ABSENT : there(skew)
}

/** Of each region that Landfall works in: another one tells while one is down. */
export async function observeClocks(
  aws: Pick<Aws, 'sts'>,
  { service, pairs }: Pick<Estate, 'service' | 'pairs'>,
  clock: Clock,
): Promise<ReadonlyMap<string, Seen<number>>> {
  const regions = new Set([service.region, ...pairs.flatMap((pair) => [pair.source.region, pair.destination.region])])
  const seen = Array.from(regions, async (region) => [region, await observeClock(aws, { region }, clock)] as const)
  return new Map(await Promise.all(seen))
}
