/** Open pages without a browser, which would take the measured process' cores: each follows the events and asks for the charts. */
import { setTimeout as sleep } from 'node:timers/promises'

const CHARTS_MS = 10_000

export interface Pages {
  /** Bytes that all of them got so far. */
  bytes(): number
  close(): void
}

export function openPages(url: string, count: number): Pages {
  const stop = new AbortController()
  let bytes = 0

  async function follow(): Promise<void> {
    // The service may still be starting.
    while (!stop.signal.aborted) {
      try {
        const { body } = await fetch(`${url}/api/events`, { signal: stop.signal })
        for await (const chunk of body!) bytes += (chunk as Uint8Array).byteLength
      } catch {
        await sleep(50)
      }
    }
  }

  async function charts(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const response = await fetch(`${url}/api/history`, { signal: stop.signal })
        bytes += (await response.arrayBuffer()).byteLength
      } catch {
        // As above.
      }
      await sleep(CHARTS_MS, undefined, { signal: stop.signal }).catch(() => {})
    }
  }

  for (let n = 0; n < count; n += 1) {
    void follow()
    void charts()
  }
  return { bytes: () => bytes, close: () => stop.abort() }
}
