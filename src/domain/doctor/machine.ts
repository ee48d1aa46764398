/** The machine that Landfall runs on: its clock, its place, its tools; and what the estate says of itself. */
import { knowsRestrict } from '../dump/fit.ts'
import type { CheckedEstate } from './estate.ts'
import { fail, type Finding, note, pass, run, say, some, type Subject, unknown, warn } from './finding.ts'
import type { Surroundings } from './surroundings.ts'

const SERVICE: Subject = { kind: 'service', name: 'service', pairs: [] }
const SECOND = 1000
/** Signatures of other services than S3 are good for five minutes; a lag is counted in seconds. */
const SKEW_WARN_MS = 5 * SECOND
const SKEW_FAIL_MS = 240 * SECOND

export function checkMachine(estate: CheckedEstate, around: Surroundings): readonly Finding[] {
  return [
    ...place(estate, around),
    ...clocks(around),
    ...tools(estate, around),
    ...databases(estate, around),
    ...(around.warnings ?? []).map((warning) =>
      warn('landfall.config', SERVICE, warning, say('docs/config.md has the key.')),
    ),
    ...(around.warnings?.length === 0 ? [pass('landfall.config', SERVICE, 'nothing to say')] : []),
    ...token(around),
    ...snapshot(estate, around),
    ...alarms(estate, around),
  ]
}

/** service.region itself is judged by the warnings of the configuration. */
function place({ service, pairs }: CheckedEstate, { place: here }: Surroundings): readonly Finding[] {
  if (here === undefined) return []
  const watched = pairs.filter(({ source }) => source.region === here.region).map(({ name }) => name)
  const said = `this process runs in ${here.region} (${here.by})`
  if (watched.length > 0) {
    const mend = say(`Run it in ${service.region}, which must survive ${here.region}.`)
    return [warn('landfall.region', SERVICE, `${said}, the source region of ${some(watched)}`, mend)]
  }
  if (here.region !== service.region)
    return [
      warn('landfall.region', SERVICE, `${said}, and service.region says ${service.region}`, say('Make them agree.')),
    ]
  return [pass('landfall.region', SERVICE, said)]
}

function clocks({ clocks: seen }: Surroundings): readonly Finding[] {
  if (seen === undefined) return []
  const known = [...seen].flatMap(([region, skew]) => (skew.is === 'there' ? [{ region, ms: skew.value }] : []))
  const [worst] = known.toSorted((one, other) => Math.abs(other.ms) - Math.abs(one.ms))
  if (worst === undefined) {
    const [first] = seen.values()
    return first?.is === 'unknown' ? [unknown('landfall.clock', SERVICE, first.fault)] : []
  }
  const off = Math.abs(worst.ms)
  const said = `this machine's clock is ${seconds(off)} ${worst.ms > 0 ? 'behind' : 'ahead of'} AWS' in ${worst.region}`
  const mend = say('Set it right: chrony with the Amazon Time Sync Service (169.254.169.123), or NTP.')
  if (off >= SKEW_FAIL_MS) return [fail('landfall.clock', SERVICE, said, mend)]
  if (off >= SKEW_WARN_MS) return [warn('landfall.clock', SERVICE, said, mend)]
  return [pass('landfall.clock', SERVICE, `within ${seconds(Math.max(SECOND, off))} of AWS'`)]
}

function tools({ dumps }: CheckedEstate, { tools: seen, databases: servers }: Surroundings): readonly Finding[] {
  if (seen === undefined || dumps.length === 0) return []
  const found: Finding[] = []
  const { pgDump, psql } = seen
  if (dumps.some(({ database }) => database !== undefined)) {
    const newest = Math.max(
      0,
      ...[...(servers ?? [])].map(([, server]) => (server.is === 'there' ? server.value.major : 0)),
    )
    const install = say(
      `Install PostgreSQL's client tools of version ${newest === 0 ? 18 : newest} or newer (Debian: postgresql-client-${newest === 0 ? 18 : newest}).`,
    )
    if (pgDump === undefined)
      found.push(fail('postgres.pg-dump', SERVICE, 'there is no pg_dump on this machine', install))
    else if (pgDump.major < newest)
      found.push(
        fail('postgres.pg-dump', SERVICE, `pg_dump is ${pgDump.text}, and a server is of version ${newest}`, install),
      )
    else found.push(pass('postgres.pg-dump', SERVICE, `pg_dump ${pgDump.text}`))
  }
  const install = say('Install a psql of 18, or of 17.6, 16.10, 15.14, 14.19, 13.22 or newer.')
  if (psql === undefined)
    found.push(
      warn(
        'postgres.psql',
        SERVICE,
        'there is no psql on this machine: nothing can be restored or drilled here',
        install,
      ),
    )
  else if (!knowsRestrict(psql)) found.push(fail('postgres.psql', SERVICE, `psql is ${psql.text}`, install))
  else found.push(pass('postgres.psql', SERVICE, `psql ${psql.text}`))
  return found
}

function databases({ dumps }: CheckedEstate, { databases: servers }: Surroundings): readonly Finding[] {
  return dumps.flatMap(({ name }) => {
    const seen = servers?.get(name)
    const subject: Subject = { kind: 'dump', name, pairs: [] }
    if (seen === undefined || seen.is === 'absent') return []
    if (seen.is === 'there') return [pass('postgres.server', subject, `PostgreSQL ${seen.value.text}`)]
    // Another machine may make the dump, and this one not reach its database.
    return [unknown('postgres.server', subject, seen.fault)]
  })
}

function token({ token: has }: Surroundings): readonly Finding[] {
  if (has === undefined) return []
  if (has) return [pass('landfall.token', SERVICE, 'it has')]
  const mend = say('Set service.http.token, or LANDFALL_HTTP_TOKEN, where orders by the page are wanted.')
  return [note('landfall.token', SERVICE, 'there is no service.http.token: the page gives no orders', mend)]
}

function snapshot({ service }: CheckedEstate, { snapshot: seen }: Surroundings): readonly Finding[] {
  // Without service.snapshot the configuration's own warning says so.
  if (seen === undefined || service.snapshot === undefined) return []
  const subject: Subject = { kind: 'bucket', name: service.snapshot.bucket, pairs: [] }
  if (seen.is === 'unknown') return [unknown('landfall.snapshot', subject, seen.fault)]
  if (seen.is === 'there' && seen.value.written) return [pass('landfall.snapshot', subject, 'it can be read')]
  const mend = say('`landfall run` writes one a minute; until it has run there is none.')
  return [warn('landfall.snapshot', subject, 'none was written yet', mend)]
}

function alarms({ service }: CheckedEstate, { alarms: seen }: Surroundings): readonly Finding[] {
  if (seen === undefined || seen.is === 'absent') return []
  if (seen.is === 'unknown') return [unknown('landfall.alarms', SERVICE, seen.fault)]
  const { wanted, missing } = seen.value
  if (missing.length === 0) return [pass('landfall.alarms', SERVICE, `${wanted} in ${service.metrics.region}`)]
  const said = `${missing.length} of ${wanted} are missing in ${service.metrics.region}: ${some(missing, 3)}`
  return [warn('landfall.alarms', SERVICE, said, run('landfall', 'alarms', 'apply'))]
}

function seconds(ms: number): string {
  const s = Math.round(ms / 100) / 10
  return s === 1 ? '1 second' : `${s} seconds`
}
