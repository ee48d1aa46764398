/** Reads a secret from the place that the configuration names (`{env: NAME}` or `{file: PATH}`). */
import { readFile } from 'node:fs/promises'
import { LandfallError } from '../domain/errors.ts'
import type { Environment } from './environment.ts'
import type { SecretPlace } from './estate-dumps.ts'

/** Without white space around it. Throws SECRET_MISSING, whose message names the place and never the secret. */
export async function readSecret(place: SecretPlace, what: string, env: Environment): Promise<string> {
  const text = 'env' in place ? env[place.env] : await fromFile(place.file, what)
  const secret = text?.trim() ?? ''
  if (secret !== '') return secret
  const where = 'env' in place ? `the variable ${place.env}` : `the file ${place.file}`
  throw new LandfallError('SECRET_MISSING', `${what}: ${where} is ${text === undefined ? 'not there' : 'empty'}`)
}

async function fromFile(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    throw new LandfallError('SECRET_MISSING', `${what}: the file ${file} cannot be read (${code})`, { cause })
  }
}

/** A token that somebody could guess opens everything that it guards. */
export const LEAST_TOKEN = 16

/** As `readSecret`; throws SECRET_MISSING too where it is shorter than `LEAST_TOKEN`. */
export async function readToken(place: SecretPlace, what: string, env: Environment): Promise<string> {
  const token = await readSecret(place, what, env)
  if (token.length >= LEAST_TOKEN) return token
  throw new LandfallError('SECRET_MISSING', `${what}: a token needs at least ${LEAST_TOKEN} characters`)
}
