/** Compression of a stream, on one thread of Node's pool. */
import { PassThrough, type Transform } from 'node:stream'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import type { Compression } from '../domain/dump/name.ts'

/** Larger than the default of 16 KiB: each piece costs a turn of the thread pool. */
const PIECE = 256 * 1024
/** zstd's default. */
const ZSTD_LEVEL = 3
/** gzip's default. */
const GZIP_LEVEL = 6

export function makeCompress(kind: Compression): Transform {
  switch (kind) {
    case 'zstd':
      return createZstdCompress({
        chunkSize: PIECE,
        params: {
          [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
          // A reader then knows a damaged byte from a good one.
          [constants.ZSTD_c_checksumFlag]: 1,
          // No ZSTD_c_nbWorkers: with threads zstd may leave input for later, which Node 24 takes for the end of the
          // stream, and ends it there without an error (lib/zlib.js, processCallback). Found by a benchmark.
        },
      })
    case 'gzip':
      return createGzip({ level: GZIP_LEVEL, chunkSize: PIECE })
    case 'none':
      return new PassThrough({ highWaterMark: PIECE })
  }
}
