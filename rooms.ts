/**
 * Who may import whom (design.md section 3; docs/architecture.md). The linter's rules are made from this table, and
 * test/unit/rooms.test.ts feeds the linter one forbidden import a room.
 */
export interface Room {
  /** Folder or file below src/; the room owns all that is in it. */
  readonly path: string
  /** Rooms it may import from (its own is always allowed). */
  readonly may: readonly string[]
  /** npm packages that only the named rooms may import; checked for all others. */
  readonly packages?: readonly string[]
}

const outside = ['ledger', 'aws', 'queues', 'files', 'postgres', 'codec']

export const ROOMS: Readonly<Record<string, Room>> = {
  domain: { path: 'domain/', may: [] },
  ports: { path: 'ports.ts', may: ['domain'] },
  config: { path: 'config/', may: ['domain'] },
  workers: { path: 'workers/', may: ['domain', 'ports', 'config'] },
  ledger: { path: 'ledger/', may: ['domain', 'ports', 'config'], packages: ['ioredis'] },
  aws: { path: 'aws/', may: ['domain', 'ports', 'config'], packages: ['@aws-sdk/*', '@smithy/*'] },
  queues: {
    path: 'queues/',
    may: ['domain', 'ports', 'config'],
    packages: ['bullmq', 'ioredis', '@aws-sdk/client-sqs'],
  },
  postgres: { path: 'postgres/', may: ['domain', 'ports', 'config'] },
  codec: { path: 'codec/', may: ['domain', 'ports', 'config'], packages: ['age-encryption', 'openpgp'] },
  inventory: { path: 'inventory/', may: ['domain', 'ports', 'config'], packages: ['@duckdb/node-api'] },
  files: { path: 'files/', may: ['domain', 'ports', 'config'] },
  web: { path: 'web/', may: ['domain', 'ports', 'config'], packages: ['fastify', '@fastify/*'] },
  telemetry: {
    path: 'telemetry/',
    may: ['domain', 'ports', 'config'],
    packages: ['@opentelemetry/*', 'bullmq-otel', 'bullmq'],
  },
  system: { path: 'system.ts', may: ['ports'] },
  log: { path: 'log.ts', may: ['ports', 'domain'], packages: ['pino', 'pino-pretty'] },
  // The parts of app.ts: what is made of several rooms, and nothing but made.
  wiring: {
    path: 'app/',
    may: ['domain', 'ports', 'config', 'workers', 'system', 'telemetry', ...outside],
  },
  app: {
    path: 'app.ts',
    may: ['domain', 'ports', 'config', 'workers', 'web', 'log', 'system', 'telemetry', 'wiring', ...outside],
  },
  demo: { path: 'demo/', may: ['domain', 'ports', 'config', 'workers', 'app', 'log', 'system', ...outside] },
  commands: {
    path: 'commands/',
    may: ['domain', 'ports', 'config', 'workers', 'web', 'app', 'demo', 'log', 'system', 'inventory', ...outside],
    packages: ['commander'],
  },
  cli: { path: 'cli.ts', may: ['commands', 'domain', 'config'], packages: ['commander'] },
}

/** Packages that belong to the rooms that list them, and to nobody else. */
export const OWNED_PACKAGES: readonly string[] = [
  ...new Set(Object.values(ROOMS).flatMap((room) => room.packages ?? [])),
]
