/** What the kernel says of another process (Linux). */
import { readFileSync } from 'node:fs'

/** User and system time of a process so far (Linux: fields 14 and 15 of its stat file, in hundredths of a second). */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
