/** The sandbox' bucket by Landfall's own clients. */
import { makeAws } from '../../src/aws/clients.ts'
import { makeDumpStore } from '../../src/aws/dump-store.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import type { Estate } from '../../src/config/estate.ts'
import { makeLog } from '../../src/log.ts'

const ACCOUNT = '111111111111'

export function openStore(url: string, bucket: string) {
  pointAtSandbox(url, ACCOUNT)
  const place = { bucket, region: 'eu-west-1', account: 'main' }
  // Of the estate only this is looked at here.
  const estate = {
    accounts: { main: { name: 'main', id: ACCOUNT } },
    pairs: [],
    service: { region: 'eu-west-1', verify: { lanesPerPair: 1, concurrency: 1 } },
  } as unknown as Estate
  const log = makeLog({ level: 'error', pretty: false, to: 'stderr' })
  const aws = makeAws({ estate, log, pathStyle: true, timeouts: { requestMs: 120_000 } })
  return { store: makeDumpStore({ estate, aws, place }), log, close: () => aws.close() }
}
