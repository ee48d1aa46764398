/** Private clusters whose Landfall was killed: their servers are ended, and their folders removed. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../ports.ts'

export const CLUSTER_PREFIX = 'landfall-drill-'
const OWNER = 'owner'
const WAIT_MS = 50
const WAITS = 100

/** Says whose the folder is: a process by its number and its start, since numbers come again. */
export async function writeOwner(folder: string): Promise<void> {
  await writeFile(join(folder, OWNER), `${process.pid} ${(await startOf(process.pid)) ?? ''}\n`, { mode: 0o600 })
}

export async function removeDeadClusters(temporary: string, log: Log): Promise<void> {
  const names = await readdir(temporary)
  for (const name of names.filter((entry) => entry.startsWith(CLUSTER_PREFIX))) {
    const folder = join(temporary, name)
    const owner = await readFile(join(folder, OWNER), 'utf8').catch(() => undefined)
    // Without an owner it is being made this very moment, or somebody else's and unreadable.
    if (owner === undefined || (await isAlive(owner))) continue
    await endServer(folder)
    await rm(folder, { recursive: true, force: true })
    log.warn({ folder }, 'a scratch cluster that a dead drill left was removed')
  }
}

async function isAlive(owner: string): Promise<boolean> {
  const [pid, start] = owner.trim().split(' ')
  if (!isRunning(Number(pid))) return false
  return start === undefined || start === (await startOf(Number(pid)))
}

async function endServer(folder: string): Promise<void> {
  const file = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(file.split('\n')[0])
  // Its number may be another program's by now: its command line names the folder.
  if (!Number.isInteger(pid) || pid < 2 || !(await commandOf(pid)).includes(folder)) return
  signal(pid, 'SIGQUIT')
  for (let waits = 0; waits < WAITS && isRunning(pid); waits += 1) await sleep(WAIT_MS)
  if (isRunning(pid)) signal(pid, 'SIGKILL')
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself.
  }
}

async function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
}

/** Ticks since the machine's start; undefined where there is no /proc. Source: proc(5), stat, field 22. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}
