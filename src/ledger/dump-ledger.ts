/**
 * Who makes a dump now, and which uploads are not known to have ended (port: `DumpLedger`). Beside the ledger proper:
 * losing all of it costs a run that is refused, or parts that the bucket's lifecycle removes.
 */
import { redisError } from '../domain/redis-errors.ts'
import type { DumpLedger, RecordedUpload } from '../ports.ts'
import type { LedgerConnection } from './connection.ts'
import { dumpKeys, KEY_PREFIX } from './keys.ts'

/** KEYS: `<dump>:`. ARGV: run, ms. Replies 1 when the run has the lease. */
const LEASE = `
local key = KEYS[1] .. 'lease'
if redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', key) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', key, ARGV[2])
return 1
`

/** ARGV: run. */
const RELEASE = `
local key = KEYS[1] .. 'lease'
if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
return 1
`

/** ARGV: run, JSON. Replies 1 when it was recorded: a run that has lost its lease may begin nothing. */
const RECORD = `
if redis.call('GET', KEYS[1] .. 'lease') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1] .. 'uploads', ARGV[1], ARGV[2])
return 1
`

const FORGET = `return redis.call('HDEL', KEYS[1] .. 'uploads', ARGV[1])`
const UPLOADS = `return redis.call('HVALS', KEYS[1] .. 'uploads')`

const SCRIPTS = { lease: LEASE, release: RELEASE, record: RECORD, forget: FORGET, uploads: UPLOADS } as const
type Name = keyof typeof SCRIPTS

export function makeDumpLedger(needs: {
  /** Of `connectLedger`. The caller closes it. */
  readonly connection: LedgerConnection
  /** First part of all keys. */
  readonly prefix?: string | undefined
}): DumpLedger {
  const { connection, prefix = KEY_PREFIX } = needs
  const command = (name: string): string => `landfall_dump_${name}`
  for (const [name, lua] of Object.entries(SCRIPTS)) connection.defineCommand(command(name), { numberOfKeys: 1, lua })
  const commands = connection as unknown as Record<
    string,
    (key: string, ...args: (string | number)[]) => Promise<unknown>
  >

  async function run(name: Name, dump: string, ...args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await commands[command(name)]!(dumpKeys(prefix, dump), ...args)
    } catch (error) {
      throw redisError(error, `dump ${name}`)
    }
  }

  return {
    lease: async ({ dump, runId }, ms) => (await run('lease', dump, runId, Math.trunc(ms))) === 1,
    release: async ({ dump, runId }) => void (await run('release', dump, runId)),
    recordUpload: async ({ dump, runId }, upload) => (await run('record', dump, runId, JSON.stringify(upload))) === 1,
    forgetUpload: async (dump, runId) => void (await run('forget', dump, runId)),
    async recordedUploads(dump) {
      const found = (await run('uploads', dump)) as readonly string[]
      return found.map((text) => JSON.parse(text) as RecordedUpload)
    },
  }
}
