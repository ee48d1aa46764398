/** The YAML file as data, with the line and column of every node. */
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Fault, Path } from './faults.ts'

export interface Source {
  readonly value: unknown
  /** Faults of the YAML itself; `value` is undefined where there are any. */
  readonly faults: readonly Fault[]
  /** Whether the file holds a node at this path. */
  has(path: Path): boolean
  /** Line and column (from 1) of the node at the path, or of its nearest parent in the file. */
  locate(path: Path, atKey?: boolean): { readonly line: number; readonly column: number }
}

export function readSource(text: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, logLevel: 'error' })
  const position = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    path: 'YAML',
    ...position(error.pos[0]),
    message: error.message.replaceAll(/\s+/g, ' ').trim(),
  }))

  /** Follows the path through maps, lists and aliases; also returns the key's own node. */
  function find(path: Path): { key: Node | undefined; value: Node | undefined } | undefined {
    let key: Node | undefined
    let value: Node | undefined = document.contents ?? undefined
    for (const part of path) {
      const node = isAlias(value) ? value.resolve(document) : value
      if (isMap(node)) {
        const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === String(part))
        if (pair === undefined) return undefined
        key = isNode(pair.key) ? pair.key : undefined
        value = isNode(pair.value) ? pair.value : undefined
      } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
        const item = node.items[part]
        value = isNode(item) ? item : undefined
        key = value
      } else return undefined
    }
    return { key, value }
  }

  let value: unknown
  if (faults.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: 100 }) as unknown
    } catch (error) {
      // An alias to nothing, or one that grows without end.
      faults.push({ path: 'YAML', line: 1, column: 1, message: error instanceof Error ? error.message : 'bad' })
    }
  }
  return {
    value,
    faults,
    has: (path) => find(path) !== undefined,
    locate(path, atKey = false) {
      for (let length = path.length; length >= 0; length -= 1) {
        const node = find(path.slice(0, length))
        if (node === undefined) continue
        // For a missing child the parent's key is the best place: its value starts on a later line.
        const best = atKey || length < path.length ? (node.key ?? node.value) : (node.value ?? node.key)
        const offset = best?.range?.[0]
        if (offset !== undefined) return position(offset)
      }
      return { line: 1, column: 1 }
    },
  }
}
