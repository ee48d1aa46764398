/** What an XML document is made from: a list becomes repeated elements, `undefined` is left out. */
export type XmlNode = string | number | boolean | { readonly [name: string]: XmlNode | readonly XmlNode[] | undefined }

/** One element (or several, for a list) with everything below it. */
export function xml(name: string, node: XmlNode | readonly XmlNode[] | undefined): string {
  if (node === undefined) return ''
  if (isList(node)) return node.map((item) => xml(name, item)).join('')
  if (typeof node !== 'object') return `<${name}>${escapeXml(String(node))}</${name}>`
  let inner = ''
  for (const [child, value] of Object.entries(node)) inner += xml(child, value)
  return `<${name}>${inner}</${name}>`
}

function isList(node: XmlNode | readonly XmlNode[]): node is readonly XmlNode[] {
  return Array.isArray(node)
}

/** XML 1.0 text. Carriage returns are written as references, since parsers normalise bare ones away. */
export function escapeXml(text: string): string {
  return /[&<>"\r]/.test(text) ? text.replace(/[&<>"\r]/g, (char) => ENTITIES[char]!) : text
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
}
