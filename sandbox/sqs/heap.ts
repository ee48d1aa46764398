/** What the heap orders; it keeps each item's own place in `slot`, so that any item is removed in O(log n). */
export interface Timed {
  visibleAt: number
  slot: number
}

/** A binary min-heap by `visibleAt`: first out is what becomes visible first. */
export class TimedHeap<T extends Timed> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    this.#up(item, this.#items.length)
  }

  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  remove(item: T): void {
    const hole = item.slot
    item.slot = -1
    const last = this.#items.pop()!
    if (last === item) return
    if (hole > 0 && last.visibleAt < this.#items[(hole - 1) >> 1]!.visibleAt) this.#up(last, hole)
    else this.#down(last, hole)
  }

  clear(): void {
    this.#items.length = 0
  }

  #up(item: T, from: number): void {
    let hole = from
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = this.#items[parent]!
      if (above.visibleAt <= item.visibleAt) break
      this.#put(above, hole)
      hole = parent
    }
    this.#put(item, hole)
  }

  #down(item: T, from: number): void {
    const size = this.#items.length
    let hole = from
    for (;;) {
      let child = 2 * hole + 1
      if (child >= size) break
      if (child + 1 < size && this.#items[child + 1]!.visibleAt < this.#items[child]!.visibleAt) child++
      if (this.#items[child]!.visibleAt >= item.visibleAt) break
      this.#put(this.#items[child]!, hole)
      hole = child
    }
    this.#put(item, hole)
  }

  #put(item: T, slot: number): void {
    this.#items[slot] = item
    item.slot = slot
  }
}
