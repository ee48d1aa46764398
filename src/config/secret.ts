/** Secrets are read when they are used, from where the configuration says that they are. */
import { readFile } from 'node:fs/promises'
import { LandfallError } from '../domain/errors.ts'
import type { Environment } from './environment.ts'
import type { SecretPlace } from './estate-dumps.ts'

/**
 * Without the white space around it: files end with a line feed. Throws SECRET_MISSING, which names the place and never
 * what is there. `key`: of the configuration, for the message.
 */
export async function readSecret(place: SecretPlace, env: Environment, key: string): Promise<string> {
  const text = 'env' in place ? env[place.env] : await contentOf(place.file, key)
  if (text !== undefined && text.trim() !== '') return text.trim()
  const where = 'env' in place ? `the variable ${place.env} is not set` : `the file ${place.file} is empty`
  throw new LandfallError('SECRET_MISSING', `${key}: ${where}`)
}

async function contentOf(file: string, key: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new LandfallError('SECRET_MISSING', `${key}: the file ${file} cannot be read (${code ?? 'unknown'})`)
  }
}
