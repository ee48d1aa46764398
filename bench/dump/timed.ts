/** One run of a shell's pipe: seconds by the clock, seconds of all its processes' CPU, and the memory of all of them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface Run {
  readonly seconds: number
  /** User and system, of every process of the pipe. */
  readonly cpuSeconds: number
  /** Sum of the resident sizes of all its processes at its greatest, looked at each 50 ms. */
  readonly pipeMb?: number | undefined
  /** What the command printed, as JSON. */
  readonly said?: Record<string, unknown> | undefined
}

const LOOK_MS = 50

/** Throws where it ends with anything but 0. */
export async function timed(command: string, env: Readonly<Record<string, string | undefined>>): Promise<Run> {
  const script = `set -o pipefail; TIMEFORMAT='times %R %U %S'; time { ${command}; }`
  const child = spawn('bash', ['-c', script], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let said = ''
  let most = 0
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const timer = setInterval(() => {
    most = Math.max(most, residentBelow(child.pid!))
  }, LOOK_MS)
  const [code] = (await once(child, 'close')) as [number]
  clearInterval(timer)
  const times = /times (\S+) (\S+) (\S+)\s*$/.exec(said)
  if (code !== 0 || times === null) throw new Error(`${command} ended with ${code}: ${said}`)
  const [seconds, user, system] = times.slice(1).map(Number) as [number, number, number]
  return {
    seconds,
    cpuSeconds: user + system,
    ...(most > 0 && { pipeMb: most / 2 ** 20 }),
    ...(out.startsWith('{') && { said: JSON.parse(out) as Record<string, unknown> }),
  }
}

/** Bytes; 0 where the kernel does not say (it is Linux' way). The shell itself does not count. */
function residentBelow(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
    return children.map(Number).reduce((sum, child) => sum + residentOf(child) + residentBelow(child), 0)
  } catch {
    return 0
  }
}

function residentOf(pid: number): number {
  try {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes) * 1024
  } catch {
    return 0
  }
}
