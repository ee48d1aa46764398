import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { ERRORS } from '../../src/domain/errors.ts'
import { findCommand, makeWorkplace } from '../support/commands.ts'
import { estateDocument, writeEstateFile } from '../support/estate-file.ts'
import { type EstateWorld, startWorld } from '../support/estate-world.ts'
import { landfall, startLandfall, upset } from '../support/landfall-process.ts'

const aws = findCommand('aws')
let world: EstateWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

test('a missing queue ends landfall run with 6, and its name', async () => {
  const document = estateDocument({ redisUrl: world.redis.url })
  const [first, second] = document.queues
  const queues = [first, { ...second, name: 'nobody-made-this' }]
  const configFile = await writeEstateFile(join(world.folder, 'missing-queue.yaml'), { ...document, queues })
  const ended = await landfall({ args: ['run', '--config', configFile], env: world.env })
  expect(ended.stderr).toMatch(/^landfall: [^\n]*nobody-made-this[^\n]*\n {2}code: QUEUE_MISSING\n {2}next: [^\n]+\n$/)
  expect(ended.code).toBe(ERRORS.QUEUE_MISSING.exit)
})

test('a port that is taken ends landfall run with 2, and the port', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const document = estateDocument({ redisUrl: world.redis.url, httpPort: port })
  const configFile = await writeEstateFile(join(world.folder, 'port.yaml'), document)
  const ended = await landfall({ args: ['run', '--config', configFile], env: world.env })
  expect(ended.stderr).toMatch(
    new RegExp(`^landfall: [^\\n]*${port}[^\\n]*\\n  code: PORT_TAKEN\\n  next: [^\\n]+\\n$`),
  )
  expect(ended.code).toBe(ERRORS.PORT_TAKEN.exit)
})

test.skipIf(aws === undefined)('what `aws s3 cp` copies into a source bucket is verified as landed', async () => {
  const workplace = await makeWorkplace()
  onTestFinished(() => workplace.remove())
  const running = await startLandfall(world)
  const file = join(workplace.folder, 'tender.pdf')
  // Above the command's threshold of 8 MiB: a multipart upload.
  await writeFile(file, Buffer.alloc(9 * 1024 * 1024, 'tender'))
  const place = `s3://${world.estate.pairs[0]!.source.bucket}/g-cloud-14/documents/1/tender.pdf`
  await workplace.run(aws!, ['--endpoint-url', world.sandboxUrl, 's3', 'cp', file, place])
  await vi.waitFor(
    async () => {
      const snapshot = await world.ledger.snapshot('documents')
      expect(snapshot).toMatchObject({ received: 1, closed: { landed: 1 }, open: { waiting: 0 } })
    },
    { timeout: 20_000, interval: 100 },
  )
  expect(upset(running.log)).toEqual([])
})
