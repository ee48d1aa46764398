/**
 * The page's own files, and nothing else: a fixed table, read once. They are plain JavaScript, as the browser takes it;
 * uPlot comes from its package. Nothing is fetched from another origin.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'

export interface Asset {
  readonly type: string
  readonly body: string
  readonly etag: string
}

const PAGE = join(import.meta.dirname, 'page')
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** By their path on the server. */
export async function readAssets(): Promise<ReadonlyMap<string, Asset>> {
  const own = (await readdir(PAGE)).filter((name) => extname(name) in TYPES)
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'))
  const files: [string, string][] = [
    ...own.map((name): [string, string] => [name === 'index.html' ? '/' : `/page/${name}`, join(PAGE, name)]),
    ['/page/uplot.js', join(uplot, 'uPlot.esm.js')],
    ['/page/uplot.css', join(uplot, 'uPlot.min.css')],
  ]
  const assets = await Promise.all(
    files.map(async ([at, file]): Promise<[string, Asset]> => [at, asset(file, await readFile(file, 'utf8'))]),
  )
  return new Map(assets)
}

function asset(file: string, text: string): Asset {
  // A browser knows no bare name without an import map, which would have to stand in the page itself.
  const body = text.replaceAll("from 'uplot'", "from './uplot.js'")
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type: TYPES[extname(file)]!, body, etag }
}

export function addAssets(server: FastifyInstance, assets: ReadonlyMap<string, Asset>): void {
  for (const [path, { type, body, etag }] of assets) {
    server.get(path, async (request, reply) => {
      void reply.header('cache-control', 'no-cache').header('etag', etag).type(type)
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(body)
    })
  }
}
