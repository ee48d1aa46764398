/** Runs `work` over `items`, at most `limit` at a time; results in order. Rejects with the first error, after all ended. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = Array.from<Result>({ length: items.length })
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next
      next += 1
      results[index] = await work(items[index]!)
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane))
  const broken = lanes.find((result) => result.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  return results
}
