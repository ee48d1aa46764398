/**
 * S3 Inventory's manifest.json: which files hold the inventory, of which bucket, in which columns.
 * Source: Amazon S3 user guide, "Locating your inventory list" (section "Inventory manifest").
 */
import { z } from 'zod'
import { LandfallError } from '../domain/errors.ts'
import { COLUMNS, type Column, columnsOf, REQUIRED } from './columns.ts'

export type InventoryFormat = 'CSV' | 'Parquet'

export interface InventoryFile {
  /** Key in the bucket that the inventory was delivered to. */
  readonly key: string
  readonly size: number
  /** Lower-case hex. */
  readonly md5: string
}

export interface InventoryManifest {
  /** The bucket that is listed. */
  readonly bucket: string
  /** The bucket that the inventory was delivered to, by its name. */
  readonly deliveredTo: string
  /** ms: when S3 began to scan the bucket. */
  readonly createdAt: number
  readonly format: InventoryFormat
  /** As the manifest names them, in its order; CSV has no header line, so there the order is all. */
  readonly columns: readonly string[]
  readonly files: readonly InventoryFile[]
}

/** A manifest is input, and these two are shown: no terminal is to take them for commands. */
// oxlint-disable-next-line no-control-regex -- these are the characters that are refused
const KEY = z.string().regex(/^[^\u0000-\u001f\u007f-\u009f]+$/, 'has control characters')
const BUCKET = z.string().regex(/^[\w.-]{3,255}$/, 'is no name of a bucket')

const FILE = z.object({
  key: KEY,
  size: z.number().int().nonnegative(),
  MD5checksum: z.string().regex(/^[0-9a-f]{32}$/i, 'is no MD5 in hex'),
})

const DOCUMENT = z.object({
  sourceBucket: BUCKET,
  destinationBucket: KEY,
  version: z.string(),
  /** A string of digits in all that S3 writes. */
  creationTimestamp: z.union([z.string().regex(/^\d{10,16}$/), z.number().int().positive()]),
  fileFormat: z.string(),
  fileSchema: z.string(),
  files: z.array(FILE),
})

/**
 * Reads a manifest. `name` is what the operator called it. Throws INVENTORY_UNFIT, with what to change.
 */
export function parseManifest(text: string, name: string): InventoryManifest {
  const document = checked(text, name)
  const format = formatOf(document.fileFormat, name)
  const columns = columnsOf(document.fileSchema, format)
  requireColumns(columns, name)
  return {
    bucket: document.sourceBucket,
    deliveredTo: document.destinationBucket.replace(/^arn:[^:]*:s3:::/, ''),
    createdAt: Number(document.creationTimestamp),
    format,
    columns,
    files: document.files.map(({ key, size, MD5checksum }) => ({ key, size, md5: MD5checksum.toLowerCase() })),
  }
}

function checked(text: string, name: string): z.infer<typeof DOCUMENT> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw unfit(
      `${name} is no JSON document`,
      'Name the manifest.json of an inventory, not one of its data files.',
      error,
    )
  }
  const parsed = DOCUMENT.safeParse(json)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  const at = first === undefined || first.path.length === 0 ? 'the document' : first.path.map(String).join('.')
  throw unfit(
    `${name} is no manifest of S3 Inventory: ${at}: ${first?.message ?? 'is not as expected'}`,
    'Name the manifest.json that S3 Inventory wrote beside its data.',
  )
}

function formatOf(said: string, name: string): InventoryFormat {
  if (said === 'CSV' || said === 'Parquet') return said
  if (said === 'ORC') {
    throw unfit(
      `${name}: the inventory is in ORC, which Landfall does not read`,
      "Set the inventory configuration's Format to Parquet (or CSV), or run the SQL on Athena: --engine athena.",
    )
  }
  throw unfit(`${name}: the inventory's format is ${JSON.stringify(said)}; Landfall reads Parquet and CSV`)
}

function requireColumns(columns: readonly string[], name: string): void {
  const missing = REQUIRED.filter((column) => !has(columns, column))
  if (missing.length === 0) return
  const names = missing.map((column) => COLUMNS[column].csv).join(', ')
  const versions = missing.some((column) => COLUMNS[column].setting === 'versions')
  throw unfit(
    `${name}: the inventory has no column ${names}`,
    versions
      ? 'It lists current versions only: set IncludedObjectVersions of the inventory configuration to All, and wait for its next delivery.'
      : `Add ${names} to the OptionalFields of the inventory configuration, and wait for its next delivery.`,
  )
}

/** Whether the inventory has this column, by either of its names. */
export function has(columns: readonly string[], column: Column): boolean {
  const { csv, parquet } = COLUMNS[column]
  return columns.includes(csv) || columns.includes(parquet)
}

/** Throws INVENTORY_UNFIT where the inventory is of another bucket: every version would count as missing. */
export function requireBucket(
  manifest: InventoryManifest,
  expected: { bucket: string; side: string; name: string },
): void {
  if (manifest.bucket === expected.bucket) return
  throw unfit(
    `${expected.name} lists the bucket ${manifest.bucket}, and the pair's ${expected.side} is ${expected.bucket}`,
    'Give the manifests as SOURCE,DESTINATION, and name the pair that they belong to.',
  )
}

function unfit(message: string, hint?: string, cause?: unknown): LandfallError {
  return new LandfallError('INVENTORY_UNFIT', message, { hint, cause })
}
