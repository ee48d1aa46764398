/**
 * The page's own files, and nothing else: a fixed table, read once. TypeScript goes out with its types stripped (the
 * same way Node runs it), under its own name; uPlot comes from its package. No file leaves this server's origin.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'

interface Asset {
  readonly type: string
  readonly body: string
  readonly etag: string
}

const SRC = join(import.meta.dirname, '..')
/** What the page shares with the service. */
const SHARED = ['domain/inert.ts']
const TYPES: Readonly<Record<string, string>> = {
  ts: 'text/javascript; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  svg: 'image/svg+xml',
}

/** By their path on the server: those of src/ as they are there, so that their imports hold. */
export async function readAssets(): Promise<ReadonlyMap<string, Asset>> {
  const own = (await readdir(join(SRC, 'web', 'page'))).filter((name) => /\.(ts|css|html|svg)$/.test(name))
  const paths = [...own.map((name) => `web/page/${name}`), ...SHARED]
  const uplot = createRequire(import.meta.url)
    .resolve('uplot/package.json')
    .replace('package.json', 'dist/')
  const files: [string, string][] = [
    ...paths.map((path): [string, string] => [path === 'web/page/index.html' ? '/' : `/src/${path}`, join(SRC, path)]),
    ['/src/uplot.js', `${uplot}uPlot.esm.js`],
    ['/src/uplot.css', `${uplot}uPlot.min.css`],
  ]
  const assets = await Promise.all(
    files.map(async ([at, file]): Promise<[string, Asset]> => [at, asset(file, await readFile(file, 'utf8'))]),
  )
  return new Map(assets)
}

function asset(file: string, text: string): Asset {
  const extension = file.slice(file.lastIndexOf('.') + 1)
  const body = extension === 'ts' ? browserCode(text) : text
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { type: TYPES[extension]!, body, etag }
}

/** A browser knows no bare name without an import map, which would have to stand in the page itself. */
function browserCode(text: string): string {
  return stripTypeScriptTypes(text).replaceAll("from 'uplot'", "from '/src/uplot.js'")
}

export function addAssets(server: FastifyInstance, assets: ReadonlyMap<string, Asset>): void {
  for (const [path, { type, body, etag }] of assets) {
    server.get(path, async (request, reply) => {
      void reply.header('cache-control', 'no-cache').header('etag', etag).type(type)
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(body)
    })
  }
}
