/**
 * Whether tools and a server are new enough, and patched enough, for a dump. Since August 2025 a plain dump is fenced by
 * `\restrict`, which older psql refuse; and an older psql would run what stands in a dump as a command of the machine
 * (CVE-2025-8714), so no plain dump is given to one.
 *
 * Source: PostgreSQL release notes 17.6, 16.10, 15.14, 14.19, 13.22.
 */
export interface PgVersion {
  readonly major: number
  readonly minor: number
  readonly text: string
}

/** First minor release of each major one whose psql knows `\restrict`; from 18 on all do. */
const RESTRICTS: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 }
const ALL_RESTRICT = 18

/** `15.20 (Debian 15.20-0+deb12u1)`, `18beta1`, `9.6.3`; undefined where it is no version. */
export function parsePgVersion(text: string): PgVersion | undefined {
  const found = /^(?<major>\d{1,3})(?:\.(?<minor>\d{1,3}))?/.exec(text.trim())?.groups
  if (found === undefined) return undefined
  const short = /^[\w.]+/.exec(text.trim())![0]
  return { major: Number(found['major']), minor: Number(found['minor'] ?? 0), text: short }
}

/** Of what a dump says in its first lines. */
export interface DumpOrigin {
  readonly server?: PgVersion | undefined
  readonly pgDump?: PgVersion | undefined
}

/** From the first bytes of a plain dump, or of what pg_restore makes of a custom one. */
export function originOf(head: string): DumpOrigin {
  const of = (label: string): PgVersion | undefined => {
    const found = new RegExp(`^-- Dumped ${label} version (.+)$`, 'm').exec(head)?.[1]
    return found === undefined ? undefined : parsePgVersion(found)
  }
  return { server: of('from database'), pgDump: of('by pg_dump') }
}

export function knowsRestrict({ major, minor }: PgVersion): boolean {
  return major >= ALL_RESTRICT || minor >= (RESTRICTS[major] ?? Infinity)
}

/** Why `tool` (psql or pg_restore) must not restore the dump; undefined where it may. */
export function toolUnfit(name: string, tool: PgVersion, origin: DumpOrigin): string | undefined {
  const { pgDump, server } = origin
  if (pgDump !== undefined && isOlder(tool, pgDump)) {
    return `it was made by pg_dump ${pgDump.text}, and ${name} here is ${tool.text}`
  }
  // A newer pg_dump reads older servers, so the server's own version asks for nothing more of a tool of its major one.
  if (server !== undefined && tool.major < server.major) {
    return `it is from a server ${server.text}, and ${name} here is ${tool.text}`
  }
  if (name === 'psql' && !knowsRestrict(tool)) {
    return `psql here is ${tool.text}, which runs what stands in a dump as the machine's own commands (CVE-2025-8714)`
  }
  return undefined
}

/** Why the scratch server must not get the dump. */
export function serverUnfit(scratch: PgVersion, { server }: DumpOrigin): string | undefined {
  if (server === undefined || scratch.major >= server.major) return undefined
  return `it is from a server ${server.text}, and the scratch server is ${scratch.text}`
}

/** Of another, newer major version any release will do: its fixes are newer than the older one's were. */
function isOlder(one: PgVersion, other: PgVersion): boolean {
  return one.major < other.major || (one.major === other.major && one.minor < other.minor)
}
