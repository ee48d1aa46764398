/**
 * Feeds the linter every import from every room to every other one, at every folder depth, and every owned package.
 * The files stand in a folder of their own, under a configuration that is the house's in all but the type-aware rules
 * (which would want the whole program). One run of the linter: a file per room and depth, an import per line.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OWNED_PACKAGES, type Room, ROOMS } from '../../rooms.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** What the linter's configuration covers. */
const DEPTHS = [0, 1, 2]

interface Import {
  readonly specifier: string
  readonly allowed: boolean
}

interface Probe {
  readonly room: string
  readonly file: string
  readonly imports: readonly Import[]
}

const probes: readonly Probe[] = Object.entries(ROOMS).flatMap(([name, room]) =>
  (isFile(room) ? [0] : DEPTHS).map((depth) => ({
    room: name,
    file: isFile(room) ? `src/${room.path}` : `src/${room.path}${'inner/'.repeat(depth)}probe.ts`,
    imports: [...roomsFrom(name, room, depth), ...packagesFrom(room)],
  })),
)

let folder = ''
/** Per file: the lines (from 1) that the linter refuses. */
let refused: ReadonlyMap<string, readonly number[]> = new Map()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-rooms-'))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const house = JSON.stringify(join(ROOT, 'oxlint.config.ts'))
  const config = `import house from ${house}\nexport default { ...house, options: { ...house.options, typeAware: false } }\n`
  await writeFile(join(folder, 'oxlint.config.ts'), config)
  await Promise.all(probes.map(write))
  refused = await lint()
}, 60_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

test.each(probes.map((probe) => [probe.room, probe.file, probe] as const))('%s (%s)', (_room, file, { imports }) => {
  const lines = refused.get(file) ?? []
  const byLinter = imports.map(({ specifier }, index) => ({ specifier, allowed: !lines.includes(index + 1) }))
  expect(byLinter).toEqual(imports)
  expect(imports.some(({ allowed }) => !allowed)).toBe(true)
})

test('every file of src/ is in a room, no deeper than the linter looks', async () => {
  const entries = await readdir(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(join(ROOT, 'src'), join(entry.parentPath, entry.name)).split(sep).join('/'))
  const homeless = files.filter((file) => !Object.values(ROOMS).some((room) => holds(room, file)))
  expect(homeless).toEqual([])
})

// ---------------------------------------------------------------- the cases

function roomsFrom(name: string, room: Room, depth: number): Import[] {
  const up = isFile(room) ? './' : '../'.repeat(depth + 1)
  const rooms = Object.entries(ROOMS)
    .filter(([other]) => other !== name)
    .flatMap(([other, target]) => {
      const allowed = room.may.includes(other)
      if (isFile(target)) return [{ specifier: `${up}${target.path}`, allowed }]
      return ['thing.ts', 'deep/thing.ts'].map((file) => ({ specifier: `${up}${target.path}${file}`, allowed }))
    })
  return [...rooms, { specifier: `${up}../sandbox/main.ts`, allowed: false }]
}

function packagesFrom(room: Room): Import[] {
  const specifiers = OWNED_PACKAGES.map((owned) => owned.replace('/*', '/client-s3'))
  return [...new Set(specifiers)].map((specifier) => ({ specifier, allowed: owns(room, specifier) }))
}

function owns(room: Room, specifier: string): boolean {
  return (room.packages ?? []).some(
    (own) => own === specifier || (own.endsWith('/*') && specifier.startsWith(own.slice(0, -1))),
  )
}

function isFile(room: Room): boolean {
  return room.path.endsWith('.ts')
}

function holds(room: Room, file: string): boolean {
  if (isFile(room)) return file === room.path
  return file.startsWith(room.path) && DEPTHS.includes(file.slice(room.path.length).split('/').length - 1)
}

async function write({ file, imports }: Probe): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true })
  const lines = imports.map(({ specifier }, index) => `import type { T${index} } from '${specifier}'`)
  const names = imports.map((_, index) => `T${index}`)
  await writeFile(join(folder, file), `${lines.join('\n')}\n\nexport type { ${names.join(', ')} }\n`)
}

interface Diagnostic {
  readonly code: string
  readonly filename: string
  readonly labels: readonly { readonly span: { readonly line: number } }[]
}

async function lint(): Promise<ReadonlyMap<string, readonly number[]>> {
  const bin = join(ROOT, 'node_modules', '.bin')
  // With faults it exits with 1; its report is on stdout all the same.
  const { stdout } = await promisify(execFile)(join(bin, 'oxlint'), ['--format', 'json', 'src'], {
    cwd: folder,
    // It reads a configuration in TypeScript by the Node on the PATH.
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error)
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] }
  const found = new Map<string, number[]>()
  for (const { code, filename, labels } of diagnostics) {
    if (!code.includes('no-restricted-imports')) continue
    found.set(filename, [...(found.get(filename) ?? []), labels[0]!.span.line])
  }
  return found
}
