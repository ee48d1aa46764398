/**
 * PostgreSQL's client tools on this machine: those on the PATH, and Debian's, which keeps one folder a major version.
 * What is on the PATH under Debian is a wrapper that picks a version by itself: the version is asked of each file.
 */
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { LandfallError } from '../domain/errors.ts'

const execute = promisify(execFile)

export type ToolName = 'pg_dump' | 'pg_restore' | 'psql' | 'initdb' | 'pg_ctl' | 'postgres'

export interface Tool {
  readonly file: string
  /** As PostgreSQL counts: 15.20 is 150020; before 10, 9.6.3 is 90603. */
  readonly version: number
  /** As it prints it: `15.20`. */
  readonly versionText: string
}

const DEBIAN = '/usr/lib/postgresql'
const VERSION_MS = 10_000

/** All of that name, newest first. `path`: the PATH. */
export async function findTools(name: ToolName, path: string): Promise<readonly Tool[]> {
  const folders = new Set([...path.split(delimiter).filter((folder) => folder !== ''), ...(await debianFolders())])
  const found = await Promise.all(Array.from(folders, async (folder) => toolAt(join(folder, name))))
  return found.filter((tool) => tool !== undefined).toSorted((one, other) => other.version - one.version)
}

/**
 * The newest of that name, where it is at least as new as the server in its major version (pg_dump refuses a newer
 * server, and a newer pg_dump reads older ones). Throws PG_CLIENT_ABSENT, PG_CLIENT_OLDER.
 */
export async function fitTool(
  name: ToolName,
  server: { readonly version: number; readonly versionText: string },
  path: string,
): Promise<Tool> {
  const newest = await newestTool(name, path)
  if (majorOf(newest.version) >= majorOf(server.version)) return newest
  throw new LandfallError(
    'PG_CLIENT_OLDER',
    `${name} is ${newest.versionText} (${newest.file}) and the server is ${server.versionText}`,
  )
}

/** Throws PG_CLIENT_ABSENT. */
export async function newestTool(name: ToolName, path: string): Promise<Tool> {
  const [newest] = await findTools(name, path)
  if (newest !== undefined) return newest
  throw new LandfallError('PG_CLIENT_ABSENT', `no ${name} on the PATH, nor under ${DEBIAN}/*/bin`)
}

/** 15 of 150020, 906 of 90603: what has to fit. */
export function majorOf(version: number): number {
  return version >= 100_000 ? Math.floor(version / 10_000) * 100 : Math.floor(version / 100)
}

/** `pg_dump (PostgreSQL) 15.20 (Debian ...)`; betas are `18beta1`. */
export function parseToolVersion(said: string): { readonly version: number; readonly versionText: string } | undefined {
  const found = /\(PostgreSQL\) (?<text>(?<major>\d+)(?:\.(?<minor>\d+))?(?:\.(?<patch>\d+))?\S*)/.exec(said)?.groups
  if (found === undefined) return undefined
  const [major, minor, patch] = [found['major'], found['minor'], found['patch']].map((part) => Number(part ?? 0))
  const version = major! >= 10 ? major! * 10_000 + minor! : major! * 10_000 + minor! * 100 + patch!
  return { version, versionText: found['text']! }
}

async function debianFolders(): Promise<readonly string[]> {
  try {
    return (await readdir(DEBIAN)).map((version) => join(DEBIAN, version, 'bin'))
  } catch {
    return []
  }
}

async function toolAt(file: string): Promise<Tool | undefined> {
  try {
    const { stdout } = await execute(file, ['--version'], { timeout: VERSION_MS })
    const version = parseToolVersion(stdout)
    return version === undefined ? undefined : { file, ...version }
  } catch {
    return undefined
  }
}
