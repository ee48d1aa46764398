/**
 * One audit of two local inventories, as `landfall audit --inventory` makes it, in a process of its own; prints what it
 * found and what it cost as JSON.
 *
 *   node bench/inventory/contestant.ts <folder> <memory> <threads>
 */
import { join } from 'node:path'
import { NO_LIFECYCLE } from '../../src/domain/audit/lifecycle.ts'
import { auditByDuckdb } from '../../src/inventory/audit.ts'
import { type Inventory, loadInventory } from '../../src/inventory/load.ts'
import { CREATED_AT } from './generate.ts'

const [folder = '', memory = '', threads = ''] = process.argv.slice(2)
const begun = performance.now()
const load = (side: 'source' | 'destination'): Promise<Inventory> =>
  loadInventory(join(folder, `${side}.json`), {
    objects: { read: () => Promise.reject(new Error('the files are local')) },
    pair: 'bench',
    side,
    bucket: side,
    folder,
  })
const inventories = { source: await load('source'), destination: await load('destination') }
const readAt = performance.now()
const findings = auditByDuckdb(inventories, {
  temp: folder,
  memory,
  threads: Number(threads),
  rules: {
    policy: { match: 'version', deleteMarkers: true, excludePrefixes: [], lateAfterMs: 900_000 },
    startedAt: CREATED_AT,
    lifecycle: { source: NO_LIFECYCLE, destination: NO_LIFECYCLE },
  },
})
const found: Record<string, number[]> = {}
let totals
for (;;) {
  const next = await findings.next()
  if (next.done === true) {
    totals = next.value
    break
  }
  const { class: name, key } = next.value
  ;(found[name] ??= []).push(Number(/file-(\d+)\.pdf$/.exec(key)?.[1]))
}
const ended = performance.now()
console.log(
  JSON.stringify({
    totals,
    found,
    verifySeconds: (readAt - begun) / 1000,
    joinSeconds: (ended - readAt) / 1000,
    peakMb: process.resourceUsage().maxRSS / 1024,
  }),
)
