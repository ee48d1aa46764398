/** A private PostgreSQL with one table of a size: what `pg_dump` dumps. */
import { startCluster } from '../../src/postgres/cluster.ts'
import { toolEnvironment } from '../../src/postgres/environment.ts'
import { openSession } from '../../src/postgres/session.ts'
import { newestTool } from '../../src/postgres/tools.ts'
import { makeLog } from '../../src/log.ts'

export interface BenchDatabase {
  readonly url: string
  /** libpq's variables, for tools that are told by them. */
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** A row of it in a dump, about. */
const ROW_BYTES = Buffer.byteLength(
  '12345678\tsubmitted-ab12cd34\t2026-11-24 02:00:00\t{"status": "draft", "declaration": "0123456789abcdef0123456789abcdef"}\t\\N\n',
)

/** Throws SCRATCH_UNFIT where none can be started here. */
export async function startDatabase(bytes: number): Promise<BenchDatabase> {
  const env = { PATH: process.env['PATH'] }
  const log = makeLog({ level: 'error', pretty: false, to: 'stderr' })
  const cluster = await startCluster({ env, log, signal: new AbortController().signal })
  try {
    const psql = await newestTool('psql', env.PATH ?? '')
    const session = openSession({ psql, env: toolEnvironment(env, { env: { ...cluster.env } }) })
    await session.run(`CREATE TABLE drafts AS SELECT n AS id, w || '-' || substr(h, 1, 8) AS name,
      timestamp '2026-11-01 02:00' + (n % 28) * interval '1 day' AS at,
      json_build_object('status', w, 'declaration', h) AS data, NULL::text AS note
      FROM (SELECT n, md5(n::text) AS h, (ARRAY['supplier', 'submitted', 'draft', 'framework'])[n % 4 + 1] AS w
        FROM generate_series(1, ${Math.ceil(bytes / ROW_BYTES)}) n) rows`)
    await session.close()
  } catch (error) {
    await cluster.stop()
    throw error
  }
  const { PGUSER = '', PGPASSWORD = '', PGHOST = '', PGPORT = '' } = cluster.env
  const url = `postgresql://${PGUSER}:${PGPASSWORD}@/postgres?host=${encodeURIComponent(PGHOST)}&port=${PGPORT}`
  return { url, env: cluster.env, stop: () => cluster.stop() }
}
