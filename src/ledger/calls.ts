/** How the ledger calls Redis: scripts by name, at most 500 ids a call, errors as Landfall's own. */
import { redisError } from '../domain/redis-errors.ts'
import type { LedgerConnection } from './connection.ts'
import { IDS_PER_CALL } from './limits.ts'
import { encodeText } from './record.ts'
import type { ScriptName, Scripts } from './scripts.ts'

export type Argument = string | number

/** `key` is what all keys of the pair begin with; for the service's scripts it is their one key. */
export type RunScript = (name: ScriptName, key: string, args: readonly Argument[]) => Promise<unknown>

/** Teaches the connection the scripts; each call sends the hash alone, and the source only where Redis forgot it. */
export function defineScripts(connection: LedgerConnection, scripts: Scripts): RunScript {
  const command = (name: string): string => `landfall_${name}`
  for (const [name, lua] of Object.entries(scripts)) {
    connection.defineCommand(command(name), { numberOfKeys: 1, lua })
  }
  const commands = connection as unknown as Record<string, (key: string, ...args: Argument[]) => Promise<unknown>>
  return (name, key, args) => asked(name, commands[command(name)]!(key, ...args))
}

export async function asked<T>(doing: string, reply: Promise<T>): Promise<T> {
  try {
    return await reply
  } catch (error) {
    throw redisError(error, doing)
  }
}

/** In order on one connection, without waiting for each other. */
export function inParts<T, R>(items: readonly T[], call: (part: readonly T[]) => Promise<R>): Promise<R[]> {
  const parts = Array.from({ length: Math.ceil(items.length / IDS_PER_CALL) }, (_, index) =>
    items.slice(index * IDS_PER_CALL, (index + 1) * IDS_PER_CALL),
  )
  return Promise.all(parts.map(call))
}

/** Empty: keep what is recorded. */
export function given(text: string | undefined): string {
  return text === undefined ? '' : `=${encodeText(text)}`
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
