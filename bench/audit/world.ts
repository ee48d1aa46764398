/** What the audit benchmark compares, and where. */
export const ACCOUNT = '111111111111'
export const PAIR = 'documents-production'
export const BUCKETS = { source: 'bench-documents-source', destination: 'bench-documents-destination' } as const

export type Shape = 'deep' | 'flat'

/** What there is to find. */
export interface Truth {
  versions: number
  keys: number
  /** Keys whose current version is an object: all that the others see. */
  visible: number
  /** Current objects that are not at the destination. */
  missing: string[]
  /** Older versions and delete markers that are not at the destination. */
  hidden: number
  /** Current objects that differ in size, and those that differ in content alone. */
  bySize: string[]
  byContent: string[]
}

/** Documents of one supplier. */
const FILES = 40

/**
 * `deep`: the marketplace's documents, <framework>/<kind>/<supplier>/<file>, a few dozen files a supplier.
 * `flat`: all under one prefix.
 */
export function keyOf(shape: Shape, n: number, of: number): string {
  if (shape === 'flat') return `documents/${String(n).padStart(9, '0')}-service-definition.pdf`
  const frameworks = 8
  const perFramework = Math.ceil(of / frameworks)
  const framework = Math.floor(n / perFramework)
  const supplier = 700_000 + Math.floor((n % perFramework) / FILES)
  return `g-cloud-${framework + 1}/documents/${supplier}/${String(n).padStart(9, '0')}-service-definition.pdf`
}
