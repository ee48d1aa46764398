/**
 * Debian's own Redis without installing it: apt downloads the packages into a folder of ours, with package lists and
 * a state of its own, and dpkg unpacks them there. Needs no root, and changes nothing outside of the folder.
 */
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { runTool, type ToolResult } from './run-tool.ts'

const APT_MS = 120_000
const QUICK_MS = 20_000

export type DebianRedis =
  | { readonly ok: true; readonly binary: string; readonly env: NodeJS.ProcessEnv }
  | { readonly ok: false; readonly why: string }

interface Options {
  readonly env: Environment
  readonly cacheDir: string
  readonly say: (text: string) => void
}

/** Unpacks Redis below `cacheDir`, once: a second call only looks whether it still runs. */
export async function unpackDebianRedis(options: Options): Promise<DebianRedis> {
  const home = join(options.cacheDir, `redis-debian-${arch()}`)
  const unpacked = await probe(home, options.env)
  if (unpacked.ok) return unpacked

  for (const tool of ['apt-get', 'dpkg']) {
    const there = await runTool(tool, ['--version'], { env: options.env, timeoutMs: QUICK_MS })
    if (!there.ok) return { ok: false, why: there.why }
  }
  options.say("landfall: no Redis here: unpacking Debian's redis-server into the cache folder (once) ...")
  await mkdir(options.cacheDir, { recursive: true })
  // Made aside and moved in whole: another run at the same time never sees half of it.
  const work = await mkdtemp(join(options.cacheDir, 'redis-debian-'))
  try {
    const made = await download(work, options.env)
    if (!made.ok) return made
    const tried = await probe(join(work, 'root'), options.env)
    if (!tried.ok) return tried
    await rm(home, { recursive: true, force: true })
    await rename(join(work, 'root'), home).catch(ignoreTaken)
    return await probe(home, options.env)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Another run was quicker: its folder is as good as ours. */
function ignoreTaken(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
}

async function probe(root: string, env: Environment): Promise<DebianRedis> {
  const binary = join(root, 'usr', 'bin', 'redis-server')
  const libraries = await libraryFolders(root)
  const own = { ...env, LD_LIBRARY_PATH: [...libraries, env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter) }
  const version = await runTool(binary, ['--version'], { env: own, timeoutMs: QUICK_MS })
  return version.ok ? { ok: true, binary, env: own } : { ok: false, why: `Debian's redis-server: ${version.why}` }
}

async function download(work: string, env: Environment): Promise<ToolResult> {
  const [lists, cache, status, root] = ['lists', 'cache', 'status', 'root'].map((part) => join(work, part)) as [
    string,
    string,
    string,
    string,
  ]
  for (const folder of [join(lists, 'partial'), join(cache, 'archives', 'partial'), root]) {
    await mkdir(folder, { recursive: true })
  }
  await writeFile(status, await stateWithoutRedis())
  const apt = (...words: readonly string[]): Promise<ToolResult> => {
    const settings = {
      'Dir::State': work,
      'Dir::State::Lists': lists,
      'Dir::State::Status': status,
      'Dir::Cache': cache,
      // The folders are ours alone; and as root apt would hand them to a user who may not enter them.
      'Debug::NoLocking': '1',
      'APT::Sandbox::User': 'root',
      'APT::Install-Recommends': 'false',
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    return runTool('apt-get', ['--quiet=2', '--yes', ...flags, ...words], { env, timeoutMs: APT_MS })
  }
  const updated = await apt('update')
  if (!updated.ok) return updated
  const fetched = await apt('--download-only', 'install', 'redis-server')
  if (!fetched.ok) return fetched
  const archives = join(cache, 'archives')
  for (const file of (await readdir(archives)).filter((name) => name.endsWith('.deb'))) {
    const unpacked = await runTool('dpkg', ['-x', join(archives, file), root], { env, timeoutMs: QUICK_MS })
    if (!unpacked.ok) return unpacked
  }
  return { ok: true, stdout: '' }
}

/**
 * What is installed here, as apt should see it: the C library and the like (which must stay the machine's own), but
 * neither Redis nor the libraries that only it needs, so that the folder is whole whatever is removed later.
 */
async function stateWithoutRedis(): Promise<string> {
  const installed = await readFile('/var/lib/dpkg/status', 'utf8').catch(() => '')
  const without = /^Package: (?:redis|valkey|libjemalloc|liblzf|liblua5|lua-)/m
  return installed
    .split('\n\n')
    .filter((entry) => !without.test(entry))
    .join('\n\n')
}

async function libraryFolders(root: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const base of [join(root, 'usr', 'lib'), join(root, 'lib')]) {
    if (!(await exists(base))) continue
    const multiarch = (await readdir(base)).filter((name) => name.includes('-linux-'))
    found.push(...multiarch.map((name) => join(base, name)), base)
  }
  return found
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
