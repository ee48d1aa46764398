/** Landfall as `landfall run` runs it, in a process of its own: the whole of app.ts, started and stopped on order. */
import { type App, startApp } from '../../src/app.ts'
import { makeLog } from '../../src/log.ts'
import { obey } from './obey.ts'
import type { LandfallStart } from './protocol.ts'

const log = makeLog({ level: 'warn', pretty: false, to: 'stderr' })
let app: App | undefined

obey<LandfallStart>({
  async start({ estate }) {
    app = await startApp({ estate, pathStyle: true, log })
  },
  async stop() {
    await app?.stop()
  },
})
