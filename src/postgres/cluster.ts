/**
 * A private PostgreSQL: made by initdb in a temporary folder, on a socket in it and no network, run by a user that is not
 * root, and gone with its folder. What a killed process left of one, the next start removes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { diskFault, saysDiskFull, scratchFull } from '../domain/disk-full.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Log } from '../ports.ts'
import { CLUSTER_PREFIX, removeDeadClusters, writeOwner } from './dead-clusters.ts'
import { findTools, newestTool } from './tools.ts'

export interface Cluster {
  /** libpq's variables of its superuser: secret. */
  readonly env: Readonly<Record<string, string>>
  /** Whether the server itself said that its disk is full. A client of one that ended for it may hear only of the end. */
  isFull(): boolean
  stop(): Promise<void>
}

const USER = 'landfall'
const PORT = '5432'
/** A path longer than this is no socket's. */
const LONGEST_SOCKET = 103
const START_MS = 60_000
const STOP_MS = 10_000
const READY = /database system is ready to accept connections/
const SAID = 4096

/** It lives for minutes, and nothing of it is kept: no write need reach the disk. */
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  maintenance_work_mem: '256MB',
  autovacuum: 'off',
  max_connections: '20',
  logging_collector: 'off',
  lc_messages: 'C',
} as const

/** Throws SCRATCH_UNFIT, DISK_FULL. */
export async function startCluster(needs: {
  readonly env: Environment
  readonly log: Log
  readonly signal: AbortSignal
}): Promise<Cluster> {
  const temporary = needs.env['TMPDIR'] ?? tmpdir()
  await removeDeadClusters(temporary, needs.log)
  const initdb = await newestTool('initdb', needs.env['PATH'] ?? '').catch(() => {
    throw new LandfallError('SCRATCH_UNFIT', 'no initdb on the PATH, nor under /usr/lib/postgresql/*/bin')
  })
  const postgres = (await findTools('postgres', dirname(initdb.file)))[0]
  if (postgres === undefined) throw new LandfallError('SCRATCH_UNFIT', `no postgres beside ${initdb.file}`)
  const folder = await mkdtemp(join(temporary, CLUSTER_PREFIX))
  let server: ChildProcess | undefined
  const stop = async (): Promise<void> => {
    if (server !== undefined) await quit(server)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    if (join(folder, `.s.PGSQL.${PORT}`).length > LONGEST_SOCKET) {
      throw new LandfallError('SCRATCH_UNFIT', `the temporary folder ${folder} has too long a name for a socket`, {
        hint: 'Set TMPDIR to a shorter one.',
      })
    }
    await writeOwner(folder)
    const user = await plainUser()
    const password = randomBytes(24).toString('hex')
    const secret = join(folder, 'password')
    const data = join(folder, 'data')
    await writeFile(secret, password, { mode: 0o600 })
    if (user !== undefined) for (const path of [folder, secret]) await chown(path, user.uid, user.gid)
    const run = { ...user, cwd: folder, env: { PATH: needs.env['PATH'] ?? '', LC_ALL: 'C', HOME: folder, TZ: 'UTC' } }
    const rights = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${secret}`]
    await ran(initdb.file, ['-D', data, ...rights, '--encoding=UTF8', '--locale=C', '--no-sync'], run)
    await rm(secret)
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    server = spawn(postgres.file, ['-D', data, '-k', folder, '-p', PORT, ...settings], {
      ...run,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let full = false
    server.stderr!.setEncoding('utf8').on('data', (text: string) => {
      full ||= saysDiskFull(text)
    })
    await ready(server, needs.signal)
    return {
      isFull: () => full,
      env: { PGHOST: folder, PGPORT: PORT, PGUSER: USER, PGPASSWORD: password, PGDATABASE: 'postgres' },
      stop,
    }
  } catch (error) {
    await stop()
    throw diskFault(folder, error)
  }
}

type Run = { readonly uid?: number; readonly gid?: number; readonly cwd: string; readonly env: Record<string, string> }

async function ran(file: string, args: readonly string[], run: Run): Promise<void> {
  const child = spawn(file, args, { ...run, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID)
  })
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null))
    child.on('close', resolve)
  })
  // Its last line is about the removal of what it had begun.
  if (code !== 0 && saysDiskFull(said)) throw scratchFull(`${file} found no space left`)
  if (code !== 0) throw new LandfallError('SCRATCH_UNFIT', `${file} ended with ${code ?? 'no code'}: ${lastLine(said)}`)
}

async function ready(server: ChildProcess, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let said = ''
  server.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID)
    if (READY.test(said)) resolve()
  })
  const fail = (why: string): void =>
    reject(
      saysDiskFull(said)
        ? scratchFull('it could not start')
        : new LandfallError('SCRATCH_UNFIT', `the scratch server ${why}: ${lastLine(said)}`),
    )
  server.on('error', (error) => fail(error.message))
  server.on('close', (code) => fail(`ended with ${code ?? 'no code'}`))
  const timer = setTimeout(() => fail('is not ready after a minute'), START_MS)
  const abort = (): void => reject(signal.reason as Error)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** At once: what it holds is not wanted. */
async function quit(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return
  const closed = new Promise<void>((resolve) => void server.on('close', () => resolve()))
  const timer = setTimeout(() => server.kill('SIGKILL'), STOP_MS)
  server.kill('SIGQUIT')
  await closed
  clearTimeout(timer)
}

/** PostgreSQL refuses to run as root. Undefined: this process is not root, and runs it as itself. */
async function plainUser(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const found = users.find(([user]) => user === name)
    if (found !== undefined) return { uid: Number(found[2]), gid: Number(found[3]) }
  }
  throw new LandfallError('SCRATCH_UNFIT', 'PostgreSQL does not run as root, and there is neither postgres nor nobody')
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
