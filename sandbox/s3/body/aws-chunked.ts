import { S3Error } from '../errors.ts'

/**
 * Decodes `aws-chunked` bodies as they come (API reference, "SigV4 streaming" and "trailing headers"):
 *
 *   <hex length>[;chunk-signature=...]\r\n<bytes>\r\n ... 0[;...]\r\n [<trailer>: <value>\r\n ...] \r\n
 *
 * Signatures are read over: the sandbox takes any credentials.
 */
export interface AwsChunkedDecoder {
  /** Takes bytes off the wire; hands decoded ones, as slices of them, to the sink. */
  push(chunk: Buffer): void
  /** @throws S3Error `IncompleteBody` where the body broke off */
  end(): void
  /** Lower-case names. */
  readonly trailers: ReadonlyMap<string, string>
}

const LINE_MOST = 8192

export function makeAwsChunkedDecoder(sink: (data: Buffer) => void): AwsChunkedDecoder {
  const trailers = new Map<string, string>()
  let state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size'
  let line = ''
  let left = 0

  function onLine(): void {
    switch (state) {
      case 'size': {
        const size = /^([0-9a-f]{1,13})(?:;.*)?$/i.exec(line)
        if (size === null) throw broken()
        left = Number.parseInt(size[1]!, 16)
        state = left === 0 ? 'trailer' : 'data'
        break
      }
      case 'data-end':
        if (line !== '') throw broken()
        state = 'size'
        break
      case 'trailer': {
        if (line === '') {
          state = 'done'
          break
        }
        const colon = line.indexOf(':')
        if (colon < 1) throw broken()
        trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
        break
      }
      case 'data':
      case 'done':
        break
    }
  }

  return {
    trailers,
    push(chunk) {
      let at = 0
      while (at < chunk.length && state !== 'done') {
        if (state === 'data') {
          const take = Math.min(left, chunk.length - at)
          sink(chunk.subarray(at, at + take))
          at += take
          left -= take
          if (left === 0) state = 'data-end'
          continue
        }
        const feed = chunk.indexOf(10, at)
        line += chunk.toString('latin1', at, feed < 0 ? chunk.length : feed)
        if (line.length > LINE_MOST) throw broken()
        if (feed < 0) return
        at = feed + 1
        if (line.endsWith('\r')) line = line.slice(0, -1)
        onLine()
        line = ''
      }
    },
    end() {
      // Some clients leave the last empty line out.
      if (state !== 'done' && state !== 'trailer') throw broken()
    },
  }
}

function broken(): S3Error {
  return new S3Error('IncompleteBody', { message: 'The request body terminated unexpectedly' })
}
