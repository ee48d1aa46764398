/**
 * A dump when its time has come: `landfall dump run` as a child process. Who makes it, what is stored and what is cleaned
 * up is the child's own business, and its lease's.
 */
import type { Handler, Log } from '../ports.ts'
import { childFault, type Children } from './child-command.ts'

export function makeScheduledDumps(needs: {
  /** Names of those that have a schedule. */
  readonly dumps: ReadonlySet<string>
  readonly children: Children
  readonly log: Log
}): Handler<{ readonly dump: string }> {
  const { dumps, children, log } = needs
  return async ({ dump }, signal) => {
    if (!dumps.has(dump)) {
      log.warn({ dump }, 'a dump is due that the configuration has no schedule for; it is left')
      return { kind: 'done' }
    }
    const ended = await children.run(['dump', 'run', dump], signal)
    if (ended.code === 0) {
      const { key, manifest } = JSON.parse(ended.out) as { key: string; manifest: { stored: { bytes: number } } }
      log.info({ dump, key, bytes: manifest.stored.bytes }, 'a dump was made')
      return { kind: 'done' }
    }
    const fault = childFault('dump run', dump, ended, 'DUMP_FAILED')
    if (fault.code !== 'DUMP_RUNNING') throw fault
    log.info({ dump }, 'a dump is due that another container makes already')
    return { kind: 'done' }
  }
}
