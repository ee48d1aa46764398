/**
 * Two Parquet inventories joined on one machine: time and peak memory, and whether what was put in was found.
 *
 *   npm run bench -- inventory [--versions 10000000] [--threads 2] [--memory 1GB]
 *
 * The time is the whole audit's but its start: MD5 of both files, join, classification. One version in 1,002 is left out
 * at the destination, one in 1,002 differs in size, one in twelve is a delete marker, one key in five has two versions.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atMost, type Bench, round, whole } from '../support/bench.ts'
import { DIFFERS, EVERY, MISSING } from './generate.ts'

const SECONDS_BAR = 90
const MEMORY_BAR = 2500

const run = promisify(execFile)

interface Answer {
  readonly totals: { readonly compared: number; readonly matched: number }
  readonly found: Readonly<Record<string, readonly number[]>>
  readonly verifySeconds: number
  readonly joinSeconds: number
  readonly peakMb: number
}

export const inventory: Bench = {
  name: 'inventory',
  about: 'two Parquet inventories joined by DuckDB: time, peak memory, and the right answer',
  options: {
    versions: { about: 'rows of the source', default: '10000000' },
    threads: { about: "DuckDB's threads", default: '2' },
    memory: { about: "DuckDB's limit", default: '1GB' },
  },
  async run(values, say) {
    const versions = whole(values, 'versions')
    const threads = whole(values, 'threads')
    const memory = values['memory'] ?? '1GB'
    const folder = await mkdtemp(join(tmpdir(), 'landfall-bench-inventory-'))
    try {
      say(`${versions} rows are generated in ${folder}`)
      await script('generate.ts', folder, String(versions))
      const bytes = await Promise.all(
        ['source', 'destination'].map(async (side) => (await stat(join(folder, `${side}.parquet`))).size),
      )
      say('they are audited')
      const answer = JSON.parse(await script('contestant.ts', folder, memory, String(threads))) as Answer
      const isRight = check(answer, versions)
      const seconds = answer.verifySeconds + answer.joinSeconds
      const bars = [
        atMost(`seconds for ${versions} rows a side`, round(seconds, 1), SECONDS_BAR),
        atMost('peak resident MB', round(answer.peakMb), MEMORY_BAR),
      ]
      return {
        bars,
        figures: {
          versions,
          threads,
          memory,
          right: isRight,
          verifySeconds: round(answer.verifySeconds, 1),
          joinSeconds: round(answer.joinSeconds, 1),
          rowsPerSecond: round((2 * versions) / answer.joinSeconds),
          sourceMb: round(bytes[0]! / 1e6),
          destinationMb: round(bytes[1]! / 1e6),
          found: Object.fromEntries(Object.entries(answer.found).map(([name, all]) => [name, all.length])),
        },
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function script(name: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, name), ...args], {
    maxBuffer: 512 * 1024 ** 2,
  })
  return stdout
}

/** Throws where one version too few or too many was found: a fast wrong answer is no figure. */
function check({ totals, found }: Answer, versions: number): true {
  const expected = { missing: numbers(versions, MISSING), mismatched: numbers(versions, DIFFERS) }
  for (const [name, all] of Object.entries(expected)) {
    const got = (found[name] ?? []).toSorted((a, b) => a - b)
    if (got.length !== all.length || got.some((one, index) => one !== all[index]))
      throw new Error(`wrong answer: ${name}`)
  }
  const wrong = Object.keys(found).filter((name) => !(name in expected))
  if (wrong.length > 0) throw new Error(`wrong answer: ${wrong.join(', ')}`)
  const differing = expected.missing.length + expected.mismatched.length
  if (totals.compared !== versions || totals.matched !== versions - differing)
    throw new Error('wrong answer: the totals')
  return true
}

function numbers(versions: number, rest: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.ceil((versions - rest) / EVERY)) }, (_, index) => index * EVERY + rest)
}
