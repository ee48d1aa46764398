/** OpenTelemetry at a stop: what a collector does is no reason for Landfall to end otherwise than well. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { makeScrub } from '../../../src/domain/scrub.ts'
import { startSpans } from '../../../src/telemetry/spans.ts'
import { recordingLog } from '../../support/log.ts'

it('a collector that refuses spans loses them, and fails no stop', async () => {
  const server = createServer((_request, response) => response.writeHead(401).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`)
  onTestFinished(() => void vi.unstubAllEnvs())
  const log = recordingLog()
  const spans = await startSpans({
    options: { sampler: 'always_on', ratio: 1, batch: {}, warnings: [] },
    service: { name: 'landfall', instance: 'test' },
    scrub: makeScrub(),
    clock: { now: () => 0 },
    log,
  })
  await spans.steps.all('book', 'documents', [{ id: '7' }], async () => {})
  await spans.close()
  expect(log.lines.map(({ message }) => message)).toContain('the last spans were not sent')
})
