/** What every command that reads a dump back needs: the decoder with its private key, and PostgreSQL's tools. */
import { makeDumpDecoder } from '../codec/decode.ts'
import type { Environment } from '../config/environment.ts'
import type { Dump } from '../config/estate-dumps.ts'
import { readSecret } from '../config/secret.ts'
import type { DumpDecoder } from '../ports.ts'
import { customAsSql } from '../postgres/custom.ts'
import { toolVersions } from '../postgres/versions.ts'
import type { CustomAsSql } from '../workers/dump-read.ts'

export interface Reading {
  readonly decoder: DumpDecoder
  readonly customAsSql: CustomAsSql
  readonly tools: Awaited<ReturnType<typeof toolVersions>>
}

/** Throws SECRET_MISSING, IDENTITY_INVALID. */
export async function readingOf(dump: Dump, env: Environment): Promise<Reading> {
  const key = `dumps.${dump.name}.identity`
  const identity = dump.identity === undefined ? undefined : await readSecret(dump.identity, key, env)
  return {
    decoder: await makeDumpDecoder({ identity, path: env['PATH'] ?? '' }),
    customAsSql: (source, signal) => customAsSql(source, { env, signal }),
    tools: await toolVersions(env),
  }
}
