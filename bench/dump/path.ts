/**
 * The whole path of a large dump: hashed, counted, compressed, encrypted, uploaded; then read back from S3, decrypted,
 * decompressed and its rows counted again, each by a process of its own. Its memory beside that of a tenth of it.
 */
import { join } from 'node:path'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { atMost, type Bar, round } from '../support/bench.ts'
import { BUCKET, type Contest, encoded, LANDFALL } from './contestants.ts'
import { type Feed, makeText } from './streams.ts'
import { type Run, timed } from './timed.ts'

const READ = join(import.meta.dirname, 'read-process.ts')
const RSS_BAR = 200
/** What V8 takes more of by itself while it warms up. */
const GROWTH_BAR = 1.15
const TENTH = 10

export interface PathNeeds {
  readonly contest: Contest
  readonly env: Readonly<Record<string, string>>
  readonly say: (text: string) => void
  readonly pathBytes: number
  readonly text: Feed
  readonly identity: string
}

export async function runPath({ contest, env, say, pathBytes, text, identity }: PathNeeds) {
  const key = join(contest.folder, 'identity')
  await writeFile(key, `${identity}\n`, { mode: 0o600 })
  const small = await there(Math.round(pathBytes / TENTH))
  const large = await there(pathBytes)
  const bars: Bar[] = (['ship', 'read'] as const).flatMap((step) => [
    atMost(`whole path, ${step}: MB of memory`, large[step].maxRssMb, RSS_BAR),
    atMost(
      `whole path, ${step}: memory, times that of a tenth`,
      round(large[step].maxRssMb / small[step].maxRssMb, 2),
      GROWTH_BAR,
    ),
  ])
  return { bars, figures: { small, large } }

  async function there(bytes: number) {
    const [head = '', body = '', tail = ''] = [text.files[0], text.files[1], text.files.at(-1)]
    const copies = Math.max(1, Math.round(bytes / text.bytes))
    const files =
      copies === 1
        ? (await makeText(await mkdtemp(join(contest.folder, 'path-')), bytes)).files
        : [head, ...Array.from({ length: copies }, () => body), tail]
    const object = `path-${bytes}`
    const landfall = encoded({ ...contest, bytes: pathBytes }).find(({ name }) => name === LANDFALL)!
    const shipped = await timed(`cat ${files.join(' ')} | ${landfall.command(object)}`, env)
    say(`whole path, there: ${shipped.seconds} s`)
    const read = await timed(`${process.execPath} ${READ} ${contest.url} ${BUCKET} ${object} ${key}`, env)
    say(`whole path, back: ${read.seconds} s`)
    const [sent, came] = [plainOf(shipped), plainOf(read)]
    if (sent.sha256 !== came.sha256) throw new Error('what came back is not what was sent')
    return { gib: round(sent.bytes / 2 ** 30, 2), ship: figures(shipped), read: figures(read) }
  }
}

function plainOf({ said }: Run): { readonly bytes: number; readonly sha256: string } {
  return said!['plain'] as { bytes: number; sha256: string }
}

function figures({ seconds, cpuSeconds, said }: Run) {
  return { seconds, cpuSeconds: round(cpuSeconds, 1), maxRssMb: round(said!['maxRssMb'] as number) }
}
