/** The web room alone, over the ledger that it is told of: `node server-process.ts REDIS_URL PAIRS`. Says its address. */
import { smallEstate, smallPair } from '../../test/support/small-estate.ts'
import { connectLedger } from '../../src/ledger/connection.ts'
import { makeLedger } from '../../src/ledger/ledger.ts'
import { makeLog } from '../../src/log.ts'
import { startWeb } from '../../src/web/server.ts'
import { makeFailures } from '../../src/workers/failures.ts'
import { makeGatherStatus } from '../../src/workers/status.ts'

const [redisUrl, pairs] = process.argv.slice(2)
const estate = smallEstate({ pairs: (pairs ?? '').split(',').map((name) => smallPair(name)) })
const connection = await connectLedger(redisUrl!)
const ledger = makeLedger({ connection, clock: Date, durability: 'window' })
const web = await startWeb(
  {
    estate,
    ledger,
    failures: makeFailures({ pairs: estate.pairs, ledger, clock: Date, holder: 'bench', pause: async () => {} }),
    gather: makeGatherStatus({ estate, ledger, clock: Date }),
    depths: async () => estate.queues.map(({ name }) => ({ queue: name, visible: 0, inFlight: 0, delayed: 0 })),
    jobs: async () => [],
    alarms: async () => [],
    readiness: async () => [],
    requests: () => new Map(),
    clock: Date,
    log: makeLog({ level: 'warn', pretty: false, to: 'stderr' }),
  },
  { host: '127.0.0.1', port: 0 },
)
console.log(web.url)
