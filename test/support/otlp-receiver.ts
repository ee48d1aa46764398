/** A collector that only listens: OTLP over HTTP, its protobuf read by the field numbers of opentelemetry-proto's trace.proto. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface ReceivedSpan {
  readonly service: string
  readonly scope: string
  readonly trace: string
  readonly span: string
  readonly parent: string
  readonly name: string
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly links: readonly { readonly trace: string; readonly span: string }[]
}

export interface OtlpReceiver {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  readonly requests: readonly { readonly path: string; readonly headers: NodeJS.Dict<string | string[]> }[]
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const requests: { path: string; headers: NodeJS.Dict<string | string[]> }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers })
      spans.push(...readRequest(Buffer.concat(chunks)))
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, requests }
}

type Field = { readonly no: number; readonly bytes: Buffer; readonly value: bigint }

function* fields(from: Buffer): Generator<Field> {
  let at = 0
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = from[at]!
      at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < from.length) {
    const tag = Number(varint())
    const no = tag >> 3
    const wire = tag & 7
    let bytes = Buffer.alloc(0)
    let value = 0n
    if (wire === 0) value = varint()
    else {
      const length = wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4
      bytes = Buffer.from(from.subarray(at, at + length))
      at += length
      if (wire === 1) value = bytes.readBigUInt64LE()
    }
    yield { no, bytes, value }
  }
}

const all = (from: Buffer, no: number): Buffer[] => [...fields(from)].filter((f) => f.no === no).map((f) => f.bytes)

function readRequest(body: Buffer): ReceivedSpan[] {
  return all(body, 1).flatMap((resourceSpans) => {
    const resource = readAttributes(all(resourceSpans, 1).flatMap((one) => all(one, 1)))
    return all(resourceSpans, 2).flatMap((scopeSpans) => {
      const scope =
        all(scopeSpans, 1)
          .flatMap((one) => all(one, 1))[0]
          ?.toString() ?? ''
      return all(scopeSpans, 2).map((span) => readSpan(span, String(resource['service.name']), scope))
    })
  })
}

function readSpan(span: Buffer, service: string, scope: string): ReceivedSpan {
  const found = new Map([...fields(span)].map((field) => [field.no, field]))
  const hex = (no: number): string => found.get(no)?.bytes.toString('hex') ?? ''
  return {
    service,
    scope,
    trace: hex(1),
    span: hex(2),
    parent: hex(4),
    name: found.get(5)?.bytes.toString() ?? '',
    kind: Number(found.get(6)?.value ?? 0n),
    startNs: found.get(7)?.value ?? 0n,
    endNs: found.get(8)?.value ?? 0n,
    attributes: readAttributes(all(span, 9)),
    links: all(span, 13).map((link) => ({
      trace: all(link, 1)[0]?.toString('hex') ?? '',
      span: all(link, 2)[0]?.toString('hex') ?? '',
    })),
  }
}

function readAttributes(pairs: readonly Buffer[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [value] = fields(all(pair, 2)[0] ?? Buffer.alloc(0))
      return [all(pair, 1)[0]?.toString() ?? '', value === undefined ? '' : readValue(value)]
    }),
  )
}

function readValue({ no, bytes, value }: Field): string | number | boolean {
  if (no === 1) return bytes.toString()
  if (no === 2) return value === 1n
  return no === 4 ? bytes.readDoubleLE() : Number(value)
}
