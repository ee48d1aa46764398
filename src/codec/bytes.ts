/** Bytes of a stream, asked for by number: for headers and frames, whose ends no chunk keeps to. */
export interface ByteReader {
  /** Exactly `count`; fewer only at the end of the stream. */
  take(count: number): Promise<Uint8Array>
  /** What is at hand, at most `count`; empty at the end. */
  some(count: number): Promise<Uint8Array>
  /** Up to and including `byte`, at most `most` of them; without it at the end, or where it does not come. */
  until(byte: number, most: number): Promise<Uint8Array>
}

export function readBytes(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)

  /** False at the end. */
  async function more(): Promise<boolean> {
    const { done, value } = await chunks.next()
    if (done === true) return false
    const next = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    held = held.length === 0 ? next : Buffer.concat([held, next])
    return true
  }

  function cut(count: number): Uint8Array {
    const taken = held.subarray(0, count)
    held = held.subarray(count)
    return taken
  }

  return {
    async take(count) {
      // One join in all, whatever the chunks' size.
      if (held.length >= count) return cut(count)
      const parts: Buffer[] = []
      let length = held.length
      if (length > 0) parts.push(held)
      held = Buffer.alloc(0)
      while (length < count && (await more())) {
        parts.push(held)
        length += held.length
        held = Buffer.alloc(0)
      }
      held = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
      return cut(Math.min(count, held.length))
    },
    async some(count) {
      while (held.length === 0) if (!(await more())) return Buffer.alloc(0)
      return cut(Math.min(count, held.length))
    },
    async until(byte, most) {
      for (;;) {
        const at = held.subarray(0, most).indexOf(byte)
        if (at !== -1) return cut(at + 1)
        if (held.length >= most || !(await more())) return cut(Math.min(most, held.length))
      }
    },
  }
}
