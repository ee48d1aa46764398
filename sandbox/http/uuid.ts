import type { SandboxRandom } from '../types.ts'

/** A version 4 UUID from the named stream. */
export function seededUuid(random: SandboxRandom, stream: string): string {
  const word = (): string => random.int(stream, 0x1_0000_0000).toString(16).padStart(8, '0')
  const [a, b, c, d] = [word(), word(), word(), word()]
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`
}
