/** Version ids whose events were dropped on order: whoever counts losses has to tell these from real ones. */
export interface DroppedVersions {
  add(versionId: string): void
  list(): readonly string[]
}

const MOST = 100_000

export function makeDroppedVersions(): DroppedVersions {
  const ids = new Set<string>()
  return {
    add(versionId) {
      ids.add(versionId)
      // A Set iterates in order of insertion: the first one is the oldest.
      for (const oldest of ids) {
        if (ids.size <= MOST) break
        ids.delete(oldest)
      }
    },
    list: () => [...ids],
  }
}
