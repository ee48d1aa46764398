import { isAccount } from '../accounts.ts'
import { ServiceError } from '../http/errors.ts'
import { jsonReply, readJson } from '../http/json.ts'
import type { World } from '../types.ts'
import type { ControlAction } from './service.ts'

/** `{strict: true | false | ["333333333333"], secureTransport: false}` */
export const getIam: ControlAction = (_call, { world }) => jsonReply(200, shown(world))

/**
 * Any of: `strict` (all accounts, none, or these), `secureTransport` (whether requests count as TLS that don't say),
 * `expireSessions` (`true`, or a role's ARN: ends the sessions issued until now), `record` (keeps what is evaluated from now
 * on, or stops). Answers with what is set.
 */
export const postIam: ControlAction = async (call, { world }) => {
  const { strict, secureTransport, expireSessions, record, ...rest } = await readJson(call)
  const strange = Object.keys(rest)[0]
  if (strange !== undefined) throw wrong(strange, 'one of strict, secureTransport, expireSessions, record')
  if (strict !== undefined && typeof strict !== 'boolean' && !isAccounts(strict)) {
    throw wrong('strict', 'true, false or a list of accounts')
  }
  if (secureTransport !== undefined && typeof secureTransport !== 'boolean') {
    throw wrong('secureTransport', 'true or false')
  }
  if (expireSessions !== undefined && expireSessions !== true && typeof expireSessions !== 'string') {
    throw wrong('expireSessions', "true or a role's ARN")
  }
  if (record !== undefined && typeof record !== 'boolean') throw wrong('record', 'true or false')
  const { strictness, evaluations } = world.iam
  if (record === true) evaluations.clear()
  if (record !== undefined) evaluations.recording = record
  if (strict !== undefined) strictness.set(strict)
  if (secureTransport !== undefined) strictness.secureTransport = secureTransport
  if (expireSessions === undefined) return jsonReply(200, shown(world))
  const expired = world.accounts.expire(expireSessions === true ? undefined : expireSessions)
  return jsonReply(200, { ...shown(world), expired })
}

/** What was evaluated since `record` was set: `[{principal, action, resource, allowed}]`, each once. */
export const getEvaluations: ControlAction = (_call, { world }) => jsonReply(200, world.iam.evaluations.list())

function shown({ iam }: World): object {
  return { strict: iam.strictness.shown, secureTransport: iam.strictness.secureTransport }
}

function isAccounts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && isAccount(each))
}

function wrong(name: string, expected: string): ServiceError {
  return new ServiceError('InvalidRequest', `${name}: expected ${expected}`)
}
