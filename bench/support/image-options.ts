/** Node's options in the image: what is measured is what is shipped. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export function imageOptions(): readonly string[] {
  const dockerfile = readFileSync(join(import.meta.dirname, '..', '..', 'Dockerfile'), 'utf8')
  const options = /NODE_OPTIONS="([^"]*)"/.exec(dockerfile)?.[1]
  if (options === undefined) throw new Error('the Dockerfile sets no NODE_OPTIONS')
  return options.split(' ')
}
