import { compareKeys, isWide } from './key-order.ts'

/** Full chunks are cut in halves: small enough to insert by moving, large enough that there are few of them. */
const CHUNK_MOST = 512

interface Chunk<T> {
  readonly keys: string[]
  readonly values: T[]
  /** How many of the values are visible: a listing skips chunks that hold none. */
  visible: number
}

/**
 * A map from key to value in the byte order of the keys: a sorted list of sorted chunks. Find, insert and remove cost
 * O(log n) comparisons; a cursor walks on from anywhere.
 */
export interface KeyIndex<T> {
  readonly size: number
  get(key: string): T | undefined
  /** Sets, or removes where `change` returns undefined. `change` may alter the value in place and return it. */
  update(key: string, change: (value: T | undefined) => T | undefined): void
  /** At the first key that is not before `key` (`after`: that is behind it). */
  seek(key: string, after: boolean): Cursor<T>
}

export interface Cursor<T> {
  /** Undefined at the end. */
  readonly key: string | undefined
  readonly value: T | undefined
  next(): void
  /** On to the next visible value, which may be this one. */
  toVisible(): void
}

/** `visible` tells which values a listing of current objects shows. */
export function makeKeyIndex<T>(visible: (value: T) => boolean): KeyIndex<T> {
  const chunks: Chunk<T>[] = []
  let size = 0
  /** Only where a wide key was seen is the slower comparison needed. */
  let wide = false

  function before(a: string, b: string, slow: boolean): boolean {
    return slow ? compareKeys(a, b) < 0 : a < b
  }

  /** The last chunk whose first key is not behind `key`; 0 where there is none. */
  function chunkOf(key: string, slow: boolean): number {
    let low = 0
    let high = chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (before(key, chunks[middle]!.keys[0]!, slow)) high = middle - 1
      else low = middle
    }
    return low
  }

  /** The first position in the chunk whose key is not before `key`. */
  function positionOf(chunk: Chunk<T>, key: string, slow: boolean): number {
    const { keys } = chunk
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (before(keys[middle]!, key, slow)) low = middle + 1
      else high = middle
    }
    return low
  }

  function insert(at: number, position: number, key: string, value: T): void {
    const chunk = chunks[at] ?? { keys: [], values: [], visible: 0 }
    if (chunks.length === 0) chunks.push(chunk)
    chunk.keys.splice(position, 0, key)
    chunk.values.splice(position, 0, value)
    if (visible(value)) chunk.visible++
    size++
    if (chunk.keys.length > CHUNK_MOST) split(at, position)
  }

  function split(at: number, inserted: number): void {
    const chunk = chunks[at]!
    // Keys that come in order fill their chunks, instead of leaving each half empty.
    const cut = inserted === chunk.keys.length - 1 ? chunk.keys.length - 1 : chunk.keys.length >> 1
    const keys = chunk.keys.splice(cut)
    const values = chunk.values.splice(cut)
    const moved = values.reduce((sum, value) => sum + (visible(value) ? 1 : 0), 0)
    chunk.visible -= moved
    chunks.splice(at + 1, 0, { keys, values, visible: moved })
  }

  function remove(at: number, position: number): void {
    const chunk = chunks[at]!
    chunk.keys.splice(position, 1)
    chunk.values.splice(position, 1)
    size--
    if (chunk.keys.length === 0) chunks.splice(at, 1)
  }

  function makeCursor(at: number, position: number): Cursor<T> {
    let chunk = chunks[at]
    const settle = (): void => {
      while (chunk !== undefined && position >= chunk.keys.length) {
        chunk = chunks[++at]
        position = 0
      }
    }
    settle()
    return {
      get key() {
        return chunk?.keys[position]
      },
      get value() {
        return chunk?.values[position]
      },
      next() {
        position++
        settle()
      },
      toVisible() {
        for (let here = chunk; here !== undefined; here = chunk) {
          if (here.visible > 0) {
            while (position < here.keys.length && !visible(here.values[position]!)) position++
            if (position < here.keys.length) return
          }
          position = here.keys.length
          settle()
        }
      },
    }
  }

  return {
    get size() {
      return size
    },
    get(key) {
      const slow = wide || isWide(key)
      const chunk = chunks[chunkOf(key, slow)]
      if (chunk === undefined) return undefined
      const position = positionOf(chunk, key, slow)
      return chunk.keys[position] === key ? chunk.values[position] : undefined
    },
    update(key, change) {
      wide ||= isWide(key)
      const at = chunkOf(key, wide)
      const chunk = chunks[at]
      const position = chunk === undefined ? 0 : positionOf(chunk, key, wide)
      const value = chunk?.keys[position] === key ? chunk.values[position] : undefined
      const wasVisible = value !== undefined && visible(value)
      const changed = change(value)
      if (value === undefined) {
        if (changed !== undefined) insert(at, position, key, changed)
        return
      }
      if (wasVisible) chunk!.visible--
      if (changed === undefined) return remove(at, position)
      chunk!.values[position] = changed
      if (visible(changed)) chunk!.visible++
    },
    seek(key, after) {
      const slow = wide || isWide(key)
      const at = chunkOf(key, slow)
      const chunk = chunks[at]
      if (chunk === undefined) return makeCursor(0, 0)
      const position = positionOf(chunk, key, slow)
      const skip = after && chunk.keys[position] === key ? 1 : 0
      return makeCursor(at, position + skip)
    },
  }
}
