/** The measured process' half of protocol.ts. */
import type { Order, Word } from './protocol.ts'

export function tell(word: Word): void {
  process.send?.(word)
}

export interface Side<Start> {
  start(options: Start): Promise<void>
  stop(): Promise<void>
}

/** Obeys, one order after the other, until the parent goes. */
export function obey<Start>(side: Side<Start>): void {
  let last = Promise.resolve()
  process.on('message', (order: Order) => {
    last = last.then(() => follow(order)).catch(fail)
  })
  process.on('disconnect', () => process.exit(0))

  async function follow(order: Order): Promise<void> {
    switch (order.do) {
      case 'start': {
        const at = Date.now()
        await side.start(order.with as Start)
        return tell({ did: 'start', at })
      }
      case 'stop':
        await side.stop()
        return tell({ did: 'stop' })
      case 'usage':
        return tell({ did: 'usage', ...usage() })
    }
  }
}

function usage() {
  const { user, system } = process.cpuUsage()
  return {
    rssMb: Math.round(process.memoryUsage.rss() / 1e6),
    // In kilobytes.
    peakRssMb: Math.round((process.resourceUsage().maxRSS * 1024) / 1e6),
    cpuMs: (user + system) / 1000,
  }
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
