import type { VersionId63 } from '../version.ts'

/**
 * Which ids were seen already, at 8 to 16 bytes each (a Set of strings needs about 100): a walk over a million failures
 * may give one twice, and a sum must not. Open addressing; ids are hashes, so that their low bits are spread already.
 */
export interface IdSet {
  /** True when it is new. */
  add(id: VersionId63): boolean
  readonly size: number
}

/** No id: they are below 2^63. */
const EMPTY = 2n ** 64n - 1n
const FIRST = 1024

export function makeIdSet(): IdSet {
  let slots = new BigUint64Array(FIRST).fill(EMPTY)
  let size = 0

  /** Where it is, or where it belongs. */
  function slotOf(id: bigint): number {
    const mask = slots.length - 1
    let slot = Number(BigInt.asUintN(32, id)) & mask
    while (slots[slot] !== EMPTY && slots[slot] !== id) slot = (slot + 1) & mask
    return slot
  }

  function grow(): void {
    const old = slots
    slots = new BigUint64Array(old.length * 2).fill(EMPTY)
    for (const id of old) if (id !== EMPTY) slots[slotOf(id)] = id
  }

  return {
    add(text) {
      const id = BigInt(text)
      const slot = slotOf(id)
      if (slots[slot] === id) return false
      slots[slot] = id
      size += 1
      if (size * 2 > slots.length) grow()
      return true
    },
    get size() {
      return size
    },
  }
}
