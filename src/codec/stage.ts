/** A step of a dump's way: from bytes to bytes, one chunk at a time, when it is asked for. */
import { type Duplex, pipeline } from 'node:stream'

/** A chunk is valid until the next one is asked for: its buffer may be filled again then. What keeps one copies it. */
export type Stage = (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/** One of Node's streams as a step: an error anywhere ends both, and who reads on is told. */
export async function* throughStream(source: AsyncIterable<Uint8Array>, stream: Duplex): AsyncGenerator<Uint8Array> {
  let fault: unknown
  pipeline(copies(source), stream, (error) => {
    fault = error ?? undefined
  })
  try {
    yield* stream as AsyncIterable<Uint8Array>
  } catch (error) {
    throw fault ?? error
  } finally {
    stream.destroy()
  }
}

/** For what keeps chunks while it asks for more. */
export async function* copies(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) yield Buffer.from(chunk)
}
