/**
 * Runs the join in this process by DuckDB, within a limit of memory, spilling to a folder. The package is optional and
 * big: it is loaded here and now, never with the command line. docs/adr/0008-duckdb.md
 *
 * DuckDB reads the named files and nothing else: no network, no extension, no other path, whatever the SQL says.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { LandfallError } from '../domain/errors.ts'
import { globless } from './duckdb-sql.ts'
import { literal } from './sql.ts'
import type { RawRow } from './rows.ts'

export interface DuckdbOptions {
  /** All files that it may read. */
  readonly files: readonly string[]
  /** An existing folder that it may spill to. */
  readonly temp: string
  /** As DuckDB writes it: `1500MB`, `4GB`. */
  readonly memory: string
  /** Undefined: one for each core. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Per cent, a few times a second; -1 while it is not known. */
  readonly progress?: ((percent: number) => void) | undefined
}

/** The program itself needs some beside DuckDB's limit; together they stay below 2 GB. */
export const DEFAULT_MEMORY = '1GB'

const PROGRESS_MS = 250

/** Streams the statement's answer, chunk by chunk. Throws DUCKDB_ABSENT, DUCKDB_FAILED, or the signal's reason. */
export async function* runDuckdb(sql: string, options: DuckdbOptions): AsyncGenerator<readonly RawRow[]> {
  options.signal?.throwIfAborted()
  const { DuckDBInstance } = await loadDuckdb()
  const instance = await said(() =>
    DuckDBInstance.create(':memory:', {
      memory_limit: options.memory,
      temp_directory: options.temp,
      // Order is what ORDER BY says; keeping the files' own would cost memory.
      preserve_insertion_order: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    }),
  )
  try {
    const connection = await instance.connect()
    try {
      yield* answer(connection, sql, options)
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
  }
}

async function* answer(
  connection: DuckDBConnection,
  sql: string,
  { files, signal, progress }: DuckdbOptions,
): AsyncGenerator<readonly RawRow[]> {
  const interrupt = (): void => connection.interrupt()
  const ticker =
    progress === undefined ? undefined : setInterval(() => progress(connection.progress.percentage), PROGRESS_MS)
  signal?.addEventListener('abort', interrupt)
  try {
    await said(() => close(connection, files), signal)
    const result = await said(() => connection.stream(sql), signal)
    const rows = result.yieldRowsJs()
    for (;;) {
      const next = await said(() => rows.next(), signal)
      if (next.done === true) return
      yield next.value
    }
  } finally {
    clearInterval(ticker)
    signal?.removeEventListener('abort', interrupt)
  }
}

/** From here on it reads these files alone, and no statement can take that back. */
async function close(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  // A path with its pattern characters escaped is looked at as it is written, and then as the file that it finds.
  const allowed = [...new Set(files.flatMap((file) => [file, globless(file)]))]
  await connection.run('SET enable_progress_bar = true')
  await connection.run('SET enable_progress_bar_print = false')
  await connection.run(`SET allowed_paths = [${allowed.map(literal).join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}

async function said<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call()
  } catch (error) {
    // What an interrupted query throws is the signal's doing.
    signal?.throwIfAborted()
    const message = error instanceof Error ? error.message : String(error)
    throw new LandfallError('DUCKDB_FAILED', `DuckDB: ${briefly(message)}`, { cause: error })
  }
}

/** What it says in a line or two; not the line of the file, nor the settings that it lists. */
function briefly(message: string): string {
  const [first = '', ...others] = message.split('\n').filter((line) => line !== '' && !line.startsWith('Original Line'))
  const more = others.find((line) => !/^(?:Possible|\*|LINE| )/.test(line))
  const file = others.find((line) => /^ {2}file = /.test(line))?.trim()
  // It quotes values of the file: no terminal is to take them for commands.
  return [first, more, file]
    .filter((part) => part !== undefined)
    .join('; ')
    .replaceAll(/\p{Cc}/gu, '?')
}

/** Throws DUCKDB_ABSENT: installed without optional packages, or on a platform that has no binary. */
export async function loadDuckdb(
  load: () => Promise<typeof import('@duckdb/node-api')> = () => import('@duckdb/node-api'),
): Promise<typeof import('@duckdb/node-api')> {
  try {
    return await load()
  } catch (error) {
    throw new LandfallError('DUCKDB_ABSENT', 'DuckDB, which joins inventories, is not installed here', { cause: error })
  }
}
