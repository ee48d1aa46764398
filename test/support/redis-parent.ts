/** A process that starts a private Redis, tells of it, and waits to be killed (test/service/redis-server.test.ts). */
import { startPrivateRedis } from '../../src/demo/redis-server.ts'

const { url, dir } = await startPrivateRedis()
process.send?.({ url, dir })
// A private Redis keeps nobody alive: only the channel to the test does, from here on.
process.channel?.ref()
