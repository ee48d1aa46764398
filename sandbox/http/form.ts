/** `Tag.1.Key=a&Tag.1.Value=b` as `{Tag: [{Key: 'a', Value: 'b'}]}`; `member` levels are skipped. Leaves are strings. */
export function nestForm(form: URLSearchParams): Record<string, unknown> {
  const root: Tree = new Map()
  for (const [name, value] of form) {
    const path = name.split('.').filter((part) => part !== 'member')
    const leaf = path.pop()
    if (leaf === undefined) continue
    let node = root
    for (const part of path) {
      let next = node.get(part)
      if (!(next instanceof Map)) node.set(part, (next = new Map()))
      node = next
    }
    node.set(leaf, value)
  }
  return fold(root) as Record<string, unknown>
}

type Tree = Map<string, string | Tree>

/** A level whose names are all numbers is a list. */
function fold(node: string | Tree): unknown {
  if (typeof node === 'string') return node
  const entries = [...node]
  if (entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name))) {
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => fold(value))
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, fold(value)]))
}
