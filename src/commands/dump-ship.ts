/** `landfall dump ship`: carries what others uploaded, now. */
import { secretsOf } from '../config/redact.ts'
import type { Command } from 'commander'
import { makeAws } from '../aws/clients.ts'
import { makeDumpStore } from '../aws/dump-store.ts'
import { makeShipper } from '../aws/shipper.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import type { Shipment } from '../config/estate-dumps.ts'
import { loadEstate } from '../config/load.ts'
import { ERRORS, isLandfallError, LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import { makeLog } from '../log.ts'
import type { ShipOutcome } from '../ports.ts'
import { systemClock } from '../system.ts'
import { missingOf } from '../workers/sweep.ts'
import { examples, type Io } from './command.ts'
import { withDump } from './dump-shared.ts'
import { listenForInterrupt } from './interrupt.ts'
import { printJson, printLine } from './output.ts'
import { makeProgress } from './progress.ts'
import { makeRecordAct } from './record-act.ts'
import { bytes } from './status-view.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly key?: string
}

interface Shipped {
  /** As it is at the source. */
  readonly from: string
  readonly outcome?: ShipOutcome | undefined
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

/** S3 answers a copy when it is done. */
const REQUEST_MS = 600_000

export function registerDumpShip(parent: Command, io: Io): void {
  withDump(
    parent.command('ship').description('carry what others uploaded to where it is safe; the original is left alone'),
  )
    .argument('<shipment>', 'by its name under `shipments` in the configuration')
    .option('--key <key>', 'only this object; else all that the destination lacks')
    .addHelpText(
      'after',
      examples('landfall dump ship staging', 'landfall dump ship staging --key in/production-202611240200.sql.gz.gpg'),
    )
    .action(async (name: string, options: Options) => {
      const estate = await loadEstate({ path: options.config, env: io.env })
      const shipment = shipmentNamed(estate, name)
      const all = await run(estate, shipment, options, io)
      if (options.json)
        printJson(io.stdout, { shipment: name, dumps: all.map(({ from, ...rest }) => ({ from, ...rest })) })
      else for (const line of all.length === 0 ? ['Nothing to ship.'] : all.map(lineOf)) printLine(io.stdout, line)
      const broken = all.find(({ error }) => error !== undefined)?.error
      if (broken !== undefined) io.exitCode = ERRORS[broken.code as keyof typeof ERRORS].exit
    })
}

function shipmentNamed({ shipments }: Estate, name: string): Shipment {
  const found = shipments.find((shipment) => shipment.name === name)
  if (found !== undefined) return found
  const names = shipments.map((shipment) => shipment.name)
  const there = names.length === 0 ? 'the configuration has no `shipments`' : `there are: ${names.join(', ')}`
  throw new LandfallError('USAGE', `no shipment ${JSON.stringify(name)}; ${there}`)
}

async function run(estate: Estate, shipment: Shipment, options: Options, io: Io): Promise<readonly Shipped[]> {
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
  const pathStyle = usesOwnEndpoint(io.env)
  const aws = makeAws({ estate, log, pathStyle, timeouts: { requestMs: REQUEST_MS } })
  const progress = makeProgress(io.stderr)
  const interrupt = listenForInterrupt()
  try {
    const shipper = makeShipper({ estate, aws, clock: systemClock })
    const store = (place: Shipment['from']) => makeDumpStore({ estate, aws, place })
    const wanted =
      options.key === undefined ? await missingOf(shipment, store, interrupt.signal) : [{ key: options.key }]
    const all: Shipped[] = []
    for (const [index, { key }] of wanted.entries()) {
      if (interrupt.signal.aborted) throw new LandfallError('INTERRUPTED', `stopped after ${index} of ${wanted.length}`)
      progress.update(`shipping ${index + 1} of ${wanted.length}: ${key}`)
      try {
        all.push({ from: key, outcome: await shipper.ship(shipment.name, key, interrupt.signal) })
      } catch (error) {
        // One that cannot be shipped must not keep the others here.
        if (!isLandfallError(error) || error.disposition === 'retryable') throw error
        all.push({ from: key, error: { code: error.code, message: error.message } })
      }
    }
    progress.done()
    const shipped = all.filter(({ outcome }) => outcome?.kind === 'shipped').length
    if (shipped > 0) {
      const act = { what: 'dump ship', count: shipped, selection: { shipment: shipment.name } } as const
      const unrecorded = await makeRecordAct(estate.service, io.env)(act)
      if (unrecorded !== undefined) printLine(io.stderr, `not recorded, since Redis is away: ${unrecorded}`)
    }
    if (options.key !== undefined && all[0]?.outcome?.kind === 'gone') {
      throw new LandfallError('DUMP_MISSING', `no ${inert(options.key)} in ${shipment.from.bucket}`, {
        hint: 'The key is taken as it stands, with the prefix of `from`.',
      })
    }
    return all
  } finally {
    progress.done()
    interrupt.close()
    aws.close()
  }
}

function lineOf({ from, outcome, error }: Shipped): string {
  if (outcome === undefined) return `NOT shipped: ${inert(from)}: ${error!.code}: ${inert(error!.message)}`
  switch (outcome.kind) {
    case 'shipped': {
      const proof = outcome.proved === 'size' ? 'UNVERIFIED: only its size could be compared' : `by ${outcome.proved}`
      const left = outcome.tagsLeft === undefined ? '' : `; tags that stayed behind: ${outcome.tagsLeft}`
      return `shipped: ${inert(outcome.key)}, ${bytes(outcome.bytes)}, by ${outcome.by}; compared ${proof}${left}`
    }
    case 'there':
      return `there already: ${inert(outcome.key)}`
    case 'gone':
      return `gone: ${inert(from)}`
  }
}
