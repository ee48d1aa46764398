/** Writes what is read into a child's stdin, no faster than it takes it. A child that has ended is written to no more. */
import type { Writable } from 'node:stream'

export async function feed(source: AsyncIterable<Uint8Array>, into: Writable): Promise<void> {
  for await (const chunk of source) {
    if (into.destroyed || into.writableEnded) return
    if (into.write(chunk)) continue
    await new Promise<void>((resolve) => {
      const done = (): void => {
        into.off('drain', done).off('close', done)
        resolve()
      }
      into.on('drain', done).on('close', done)
    })
  }
  into.end()
}
