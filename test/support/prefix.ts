import { randomUUID } from 'node:crypto'

/** A short random prefix, so that tests that share a Redis or a sandbox never meet. */
export function randomPrefix(): string {
  return `t${randomUUID().slice(0, 8)}`
}
