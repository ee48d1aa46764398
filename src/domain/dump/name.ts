/**
 * What a dump is called: `<stage>-yyyyMMddHHmm.<format>[.<compression>][.<encryption>]`, UTC. The first estate's
 * `production-202611240200.sql.gz.gpg` is one of them, made by other tools or by Landfall.
 */
export const FORMATS = ['plain', 'custom'] as const
export type DumpFormat = (typeof FORMATS)[number]
export const COMPRESSIONS = ['zstd', 'gzip', 'none'] as const
export type Compression = (typeof COMPRESSIONS)[number]
export const ENCRYPTIONS = ['age', 'openpgp', 'none'] as const
export type Encryption = (typeof ENCRYPTIONS)[number]

const FORMAT_SUFFIX: Readonly<Record<DumpFormat, string>> = { plain: '.sql', custom: '.dump' }
const COMPRESSION_SUFFIX: Readonly<Record<Compression, string>> = { zstd: '.zst', gzip: '.gz', none: '' }
const ENCRYPTION_SUFFIX: Readonly<Record<Encryption, string>> = { age: '.age', openpgp: '.gpg', none: '' }

export interface DumpName {
  readonly stage: string
  /** When the dump was begun, ms, whole minutes. */
  readonly at: number
  readonly format: DumpFormat
  readonly compression: Compression
  readonly encryption: Encryption
}

/** The file's name, without the bucket's prefix. */
export function dumpName({ stage, at, format, compression, encryption }: DumpName): string {
  const minute = new Date(at).toISOString().slice(0, 16).replaceAll(/[-:T]/g, '')
  const suffixes = FORMAT_SUFFIX[format] + COMPRESSION_SUFFIX[compression] + ENCRYPTION_SUFFIX[encryption]
  return `${stage}-${minute}${suffixes}`
}

const NAME =
  /^(?<stage>.+)-(?<minute>\d{12})(?<format>\.sql|\.dump)(?<compression>\.zst|\.gz)?(?<encryption>\.age|\.gpg)?$/

/** A prefix is taken as it stands, as S3 does. */
export function dumpKey(prefix: string, name: DumpName): string {
  return prefix + dumpName(name)
}

/** Undefined where it is no dump's name; manifests and records beside a dump are none. */
export function parseDumpName(name: string): DumpName | undefined {
  const found = NAME.exec(name)?.groups
  if (found === undefined) return undefined
  const at = timeOf(found['minute']!)
  if (at === undefined) return undefined
  return {
    stage: found['stage']!,
    at,
    format: found['format'] === FORMAT_SUFFIX.plain ? 'plain' : 'custom',
    compression: keyOf(COMPRESSION_SUFFIX, found['compression'] ?? ''),
    encryption: keyOf(ENCRYPTION_SUFFIX, found['encryption'] ?? ''),
  }
}

/** Beside each dump, in one folder with it: its manifest, and what verification found. */
export const manifestKey = (key: string): string => `${key}.manifest.json`
export const verifiedKey = (key: string): string => `${key}.verified.json`

function timeOf(minute: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(minute)!
  const text = `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}`
  const at = Date.parse(`${text}:00Z`)
  // Date.parse takes no 30 February, but some engines roll over: the same text must come back.
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 16) !== text ? undefined : at
}

function keyOf<Key extends string>(table: Readonly<Record<Key, string>>, suffix: string): Key {
  return (Object.keys(table) as Key[]).find((key) => table[key] === suffix)!
}
