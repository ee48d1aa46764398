/**
 * Landfall's own way of a stored dump back, as a process: from S3, hashed, decrypted, decompressed, its rows counted.
 * Arguments: sandbox' URL, bucket, key, file of an age identity. Prints one JSON line.
 */
import '../../src/commands/young-heap.ts'
import { readFile } from 'node:fs/promises'
import { makeDumpDecoder } from '../../src/codec/decode.ts'
import { readDump } from '../../src/workers/dump-read.ts'
import { openStore } from './store.ts'

const [url, bucket, key, identity] = process.argv.slice(2) as [string, string, string, string]
const { store, close } = openStore(url, bucket)
const head = await store.head({ key })
if (head === undefined) throw new Error(`${key} is not there`)
const read = await readDump({
  store,
  at: { key, versionId: head.versionId },
  name: { stage: 'bench', at: 0, format: 'plain', compression: 'zstd', encryption: 'age' },
  decoder: await makeDumpDecoder({ identity: await readFile(identity, 'utf8'), path: '' }),
  customAsSql: (source) => source,
  signal: new AbortController().signal,
})
if (read.fault !== undefined) throw read.fault
if (read.scan?.lacks !== undefined) throw new Error(read.scan.lacks)
close()
console.log(
  JSON.stringify({
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    plain: read.plain,
    tables: read.scan?.tables.size ?? 0,
  }),
)
