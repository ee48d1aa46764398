import type { FaultBox, Faults } from '../types.ts'

/** Holds the faults in force and tells those who must act when they change (replication resumes when a pause is lifted). */
export function makeFaultBox(): FaultBox {
  let current: Faults = {}
  const listeners: ((faults: Faults) => void)[] = []
  const replace = (faults: Faults): void => {
    current = faults
    for (const listener of listeners) listener(faults)
  }
  return {
    get current() {
      return current
    },
    merge(document) {
      const merged = Object.entries({ ...current, ...document }).filter(([, value]) => value !== null)
      replace(Object.fromEntries(merged))
    },
    clear: () => replace({}),
    onChange: (listener) => void listeners.push(listener),
  }
}
