/** The options by which `landfall audit` joins inventories instead of listing. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { LandfallError } from '../domain/errors.ts'
import { DEFAULT_MEMORY } from '../inventory/duckdb.ts'

interface AthenaOptions {
  readonly athenaDatabase?: string
  readonly athenaOutput?: string
  readonly athenaWorkgroup?: string
  readonly athenaRegion?: string
  readonly athenaEncodedKeys?: true
  readonly run?: true
}

/** What `--inventory` adds to the options of `landfall audit`. */
export interface InventoryOptions extends AthenaOptions {
  /** Absent: the buckets are listed. */
  readonly inventory?: readonly string[]
  readonly engine: 'duckdb' | 'athena'
  readonly root?: string
  readonly temp?: string
  readonly memory: string
  readonly threads?: number
  readonly manifestOut?: string
  readonly prefix?: string
  /** False with `--no-confirm`. */
  readonly confirm: boolean
}

/** The options that every audit has, as far as they matter here. */
export interface CommonOptions {
  readonly pair?: readonly string[]
  readonly out?: string
  readonly repair?: true
  readonly json?: true
  readonly deep?: unknown
  readonly resume?: true
  readonly checkpoint?: string
}

export function withInventory(command: Command): Command {
  command
    .option(
      '--inventory <source,destination>',
      'join two inventories instead of listing: their manifest.json, local or s3://bucket/key; with --engine athena, tables',
      (text: string, all: readonly string[] | undefined) => [...(all ?? []), text],
    )
    .addOption(
      new Option('--engine <engine>', 'who joins inventories: this machine, or Amazon Athena')
        .choices(['duckdb', 'athena'])
        .default('duckdb'),
    )
    .option('--root <folder>', 'the folder that the keys of local manifests begin in (default: looked for)')
    .option('--temp <folder>', "where files are fetched to, and what memory does not hold (default: the system's)")
    .option('--memory <size>', "DuckDB's limit, e.g. 4GB", memory, DEFAULT_MEMORY)
    .option('--threads <n>', "DuckDB's threads (default: one a core)", whole)
    .option('--manifest-out <file>', 'write the missing objects as the manifest that S3 Batch Replication takes (CSV)')
    .option('--prefix <text>', 'only keys that begin with it')
    .option('--no-confirm', 'report what the inventories say, without a look at each version')
  return withAthena(command)
}

function withAthena(command: Command): Command {
  return command
    .option('--athena-database <name>', 'the database of tables that name none')
    .option('--athena-output <s3://...>', 'where Athena leaves its answer (default: what the work group says)')
    .option('--athena-workgroup <name>', 'the work group (default: primary)')
    .option('--athena-region <region>', "the region of the tables (default: the service's)")
    .option('--athena-encoded-keys', 'the tables are of CSV inventories, whose keys are URL-encoded')
    .option('--run', 'run it on Athena, which costs what it scans (default: print the SQL)')
}

/** Options that say nothing without `--inventory`, or with another engine: a person who gives one believes that it does. */
const OF_ATHENA = [
  'athenaDatabase',
  'athenaOutput',
  'athenaWorkgroup',
  'athenaRegion',
  'athenaEncodedKeys',
  'run',
] as const
const OF_DUCKDB = ['root', 'threads'] as const
const OWN = [...OF_ATHENA, ...OF_DUCKDB, 'temp', 'manifestOut', 'prefix'] as const

/** True: `runInventory` is what was asked for. Throws USAGE. */
export function isByInventory(options: InventoryOptions & CommonOptions): options is Asked {
  if (options.inventory !== undefined) {
    const without = (['deep', 'resume', 'checkpoint'] as const).find((name) => options[name] !== undefined)
    if (without === undefined) return isOfItsEngine(options)
    throw new LandfallError('USAGE', `--${without} is not for --inventory`, {
      hint: 'An audit by inventories reads no bytes, and is made again in less time than a checkpoint would save.',
    })
  }
  const own = OWN.find((name) => options[name] !== undefined)
  if (own === undefined && options.engine === 'duckdb' && options.confirm) return false
  const name = own === undefined ? (options.confirm ? 'engine athena' : 'no-confirm') : dashed(own)
  throw new LandfallError('USAGE', `--${name} needs --inventory SOURCE,DESTINATION`)
}

function isOfItsEngine(options: InventoryOptions): true {
  const [engine, others] = options.engine === 'athena' ? ['duckdb', OF_DUCKDB] : ['athena', OF_ATHENA]
  const wrong = [...others].find((name) => options[name] !== undefined)
  if (wrong === undefined) return true
  throw new LandfallError('USAGE', `--${dashed(wrong)} is for --engine ${engine}`)
}

export type Asked = InventoryOptions & CommonOptions & { readonly inventory: readonly string[] }

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function memory(text: string): string {
  if (!/^\d{1,6}(?:\.\d+)? ?(?:[KMGT]i?B)$/i.test(text))
    throw new InvalidArgumentError('Write a size, e.g. 1500MB or 4GB.')
  return text
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.')
  return Number(text)
}
