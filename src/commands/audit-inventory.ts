/** `landfall audit --inventory`: the audit of buckets too large to list, from their inventories. docs/audit-inventory.md */
import { secretsOf } from '../config/redact.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Aws, makeAws } from '../aws/clients.ts'
import { makeInventoryObjects } from '../aws/inventory-objects.ts'
import { makeObjectStore } from '../aws/object-store.ts'
import { makeVersionLister } from '../aws/version-pages.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { Estate, Pair } from '../config/estate.ts'
import type { AuditRules } from '../domain/audit/classify.ts'
import { type Finding, isAtRisk } from '../domain/audit/finding.ts'
import { AUDIT_FORMAT, type AuditSummary } from '../domain/audit/report.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { openAuditFiles } from '../files/audit-files.ts'
import { ageNote, auditByDuckdb, type Findings } from '../inventory/audit.ts'
import { type Inventory, loadInventory } from '../inventory/load.ts'
import { has } from '../inventory/manifest.ts'
import { twoOf } from '../inventory/place.ts'
import { makeLog } from '../log.ts'
import type { Log } from '../ports.ts'
import { systemClock, systemPause, systemRandom } from '../system.ts'
import { auditInventories } from '../workers/audit/inventory.ts'
import { athenaFindings, printAthenaSql } from './audit-athena.ts'
import { type Books, openBooks, saveAudit } from './audit-books.ts'
import type { Asked } from './audit-inventory-options.ts'
import { dollarsOf, renderAudit } from './audit-report.ts'
import { isUnexplained, pairOf } from './audit-session.ts'
import type { Io } from './command.ts'
import { makeManifestOut } from './manifest-out.ts'
import { printJson, printLine } from './output.ts'
import { makeProgress, type Progress } from './progress.ts'
import { keepHeapSmall } from './small-heap.ts'

/** Findings that are printed. */
const SHOWN = 20

/** Throws `LandfallError`; ended by a signal, it sets the exit code alone. */
export async function runInventory(estate: Estate, options: Asked, io: Io): Promise<void> {
  keepHeapSmall()
  const pair = onlyPair(estate, options.pair)
  const names = twoOf(options.inventory)
  if (options.engine === 'athena' && !options.run) {
    printAthenaSql(pair, names, options, io)
    return
  }
  const folder = await makeFolder(options.temp)
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  const progress = makeProgress(io.stderr)
  const stopper = listenForSignals()
  const startedAt = systemClock.now()
  let books: Books | undefined
  try {
    // Before minutes of work that a Redis which is down would be the end of.
    books = await openBooks(estate, options.repair === true, progress)
    const at: At = { estate, aws, books, log, progress, signal: stopper.signal, folder, startedAt }
    const rules = rulesOf(at, pair)
    const joined =
      options.engine === 'athena'
        ? await athenaFindings(pair, names, options, { ...at, rules })
        : await duckdbFindings(pair, names, options, { ...at, rules })
    await report(pair, joined, options, at, io)
  } catch (error) {
    progress.done()
    if (stopper.name === undefined) throw error
    progress.say('stopped; what was written until now is a part of the findings')
    io.exitCode = stopper.name === 'SIGTERM' ? 143 : 130
  } finally {
    progress.done()
    stopper.end()
    books?.close()
    aws.close()
    await rm(folder, { recursive: true, force: true })
  }
}

export interface Joined {
  readonly findings: Findings
  readonly rules: AuditRules
  readonly notes: readonly string[]
}

export interface At {
  readonly estate: Estate
  readonly aws: Aws
  readonly books: Books
  readonly log: Log
  readonly progress: Progress
  readonly signal: AbortSignal
  /** Ours, and removed at the end. */
  readonly folder: string
  readonly startedAt: number
}

async function duckdbFindings(
  pair: Pair,
  [source, destination]: readonly [string, string],
  { root, memory, threads, prefix }: Asked,
  { estate, aws, progress, signal, folder, rules: rulesAt }: At & { readonly rules: RulesAt },
): Promise<Joined> {
  const objects = makeInventoryObjects({ estate, aws })
  const load = (side: 'source' | 'destination', name: string): Promise<Inventory> =>
    loadInventory(name, {
      objects,
      pair: pair.name,
      side,
      bucket: pair[side].bucket,
      folder,
      root,
      signal,
      progress: (bytes, of) => progress.update(`${side}'s inventory: ${mb(bytes)} of ${mb(of)} MB`),
    })
  progress.say(`${pair.name}: reading the inventories`)
  const both = { source: await load('source', source), destination: await load('destination', destination) }
  const begun = Math.min(both.source.manifest.createdAt, both.destination.manifest.createdAt)
  const rules = await rulesAt(begun)
  const note = ageNote(begun, systemClock.now())
  progress.say(`${pair.name}: joining them. ${note}`)
  const findings = auditByDuckdb(both, {
    rules,
    prefix,
    temp: folder,
    memory,
    threads,
    signal,
    progress: (percent) => percent >= 0 && progress.update(`${pair.name}: joined ${percent.toFixed(0)} %`),
  })
  return { findings, rules, notes: [note, ...(has(both.source.manifest.columns, 'replication') ? [] : [NO_STATUS])] }
}

const NO_STATUS =
  "The source's inventory has no ReplicationStatus: what S3 was never to replicate is told from what is missing by a look alone."

async function report(pair: Pair, joined: Joined, options: Asked, at: At, io: Io): Promise<void> {
  const { estate, aws, books, log, progress, signal, folder } = at
  const files = await openAuditFiles({ checkpoint: join(folder, 'checkpoint'), out: options.out })
  const manifest = await makeManifestOut(options.manifestOut, pair.source.bucket)
  const shown: Finding[] = []
  try {
    const audited = await auditInventories(
      {
        objects: makeObjectStore({ estate, aws, clock: systemClock, log }),
        clock: systemClock,
        random: systemRandom,
        pause: systemPause,
        discarded: books.ledger === undefined ? undefined : (name, ids) => books.ledger!.discarded(name, ids),
        reconcile: books.ledger === undefined ? undefined : (name, bookings) => books.ledger!.reconcile(name, bookings),
      },
      {
        pair,
        ...joined,
        confirm: options.confirm,
        repair: options.repair === true,
        async write(found) {
          await files.write(pair.name, found)
          await manifest.write(found)
          shown.push(...found.filter(isUnexplained).slice(0, SHOWN - shown.length))
        },
        signal,
        onProgress: ({ findings: { missing, mismatched } }) =>
          progress.update(`${pair.name}: ${missing} missing, ${mismatched} mismatched so far`),
      },
    )
    const notes = [...audited.notes, ...manifest.notes()]
    const summary: AuditSummary = { ...audited, startedAt: at.startedAt, notes }
    const troubles = [books.trouble, await saveAudit(books.ledger, summary)].filter((one) => one !== undefined)
    progress.done()
    print(summary, { shown, troubles, options, requests: aws.requests().get('s3') ?? new Map() }, io)
    if (isAtRisk(summary.counts)) io.exitCode = EXIT.atRisk
  } finally {
    await manifest.close()
    await files.close()
  }
}

/** As `landfall audit` prints it, the requests of fetching the inventories included. */
function print(
  summary: AuditSummary,
  {
    shown,
    troubles,
    options: { json, out, manifestOut },
    requests,
  }: {
    readonly shown: readonly Finding[]
    readonly troubles: readonly string[]
    readonly options: Asked
    readonly requests: ReadonlyMap<string, number>
  },
  io: Io,
): void {
  for (const trouble of troubles) printLine(io.stderr, `landfall: ${trouble}`)
  if (!json) {
    for (const line of renderAudit(io.stdout, summary, shown)) printLine(io.stdout, line)
    return
  }
  printJson(io.stdout, {
    format: AUDIT_FORMAT,
    complete: true,
    atRisk: isAtRisk(summary.counts),
    pairs: [summary],
    requests: Object.fromEntries(requests),
    dollars: Number(dollarsOf(requests).toFixed(6)),
    ...(out === undefined ? {} : { out }),
    ...(manifestOut === undefined ? {} : { manifestOut }),
    notes: troubles,
  })
}

/** What classification rests on, from the older inventory's time on. */
export type RulesAt = (startedAt: number) => Promise<AuditRules>

function rulesOf({ estate, aws }: At, pair: Pair): RulesAt {
  const lister = makeVersionLister({ estate, aws, clock: systemClock })
  return async (startedAt) => ({
    policy: pair,
    startedAt,
    lifecycle: {
      source: await lister.lifecycle({ pair: pair.name, side: 'source' }),
      destination: await lister.lifecycle({ pair: pair.name, side: 'destination' }),
    },
  })
}

/** Throws USAGE: two inventories are one pair's. */
function onlyPair(estate: Estate, names: readonly string[] | undefined): Pair {
  if (names?.length === 1) return pairOf(estate, names[0]!)
  if (names === undefined && estate.pairs.length === 1) return estate.pairs[0]!
  throw new LandfallError('USAGE', '--inventory is for one pair', {
    hint: `Name it by --pair. There are: ${estate.pairs.map(({ name }) => name).join(', ')}.`,
  })
}

/** The first signal breaks off, and the folder is removed; the second one ends it at once. */
function listenForSignals() {
  const controller = new AbortController()
  const stop = (name: NodeJS.Signals): void => {
    if (stopper.name !== undefined) process.exit(EXIT.forced)
    stopper.name = name
    controller.abort()
  }
  const stopper = {
    name: undefined as NodeJS.Signals | undefined,
    signal: controller.signal,
    end(): void {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return stopper
}

async function makeFolder(temp: string | undefined): Promise<string> {
  try {
    return await mkdtemp(join(temp ?? tmpdir(), 'landfall-inventory-'))
  } catch (error) {
    throw new LandfallError('USAGE', `no folder can be made in ${temp ?? tmpdir()}: ${(error as Error).message}`, {
      cause: error,
      hint: 'Name an existing folder that may be written to by --temp.',
    })
  }
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
