const COMPACT_AT = 4096

/** First in, first out, both in constant time (`Array.shift` moves every element once the array is large). */
export class Fifo<T> {
  #items: T[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Takes the item that is `ahead` places from the front; the front one takes its place. */
  take(ahead = 0): T | undefined {
    if (this.size === 0) return undefined
    const at = this.#head + Math.min(ahead, this.size - 1)
    const item = this.#items[at]!
    this.#items[at] = this.#items[this.#head]!
    this.#head++
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
