/**
 * Every error Landfall raises: its code, what may be done about it, and what the operator does next.
 *
 * One table feeds the exit codes, the logs and docs/errors.md; a test holds table and page against each other.
 */

/**
 * - `retryable`: the same call may succeed later (throttling, an outage)
 * - `permanent`: it will not, until a person changes something (a grant, the configuration)
 * - `poison`: this input can never be handled; it is parked, not retried
 */
export type Disposition = 'retryable' | 'permanent' | 'poison'

interface ErrorRow {
  readonly disposition: Disposition
  /** The process' exit code when this error ends a command (docs/cli.md). */
  readonly exit: number
  /** What the operator does next. Names a command, a grant or a key of the configuration. */
  readonly hint: string
}

/** Exit codes of `landfall`. 0 is success; 128 + n means ended by signal n. */
export const EXIT = {
  ok: 0,
  fault: 1,
  usage: 2,
  atRisk: 3,
  unreachable: 4,
  refused: 5,
  missing: 6,
  forced: 7,
  /** As a shell has it for SIGINT: a command that stopped in order when it was asked to. */
  interrupted: 130,
} as const

const rows = {
  INTERNAL: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'This is a bug in Landfall: please report it with the log line.',
  },
  USAGE: { disposition: 'permanent', exit: EXIT.usage, hint: 'See `landfall <command> --help`.' },
  CONFIG_INVALID: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Mend the lines named above, then run `landfall config check`.',
  },
  CONFIG_MISSING: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Copy landfall.example.yaml to landfall.yaml, or name a file by --config or LANDFALL_CONFIG.',
  },
  SECRET_MISSING: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Set the variable, or mount the file, that the configuration names; or take the key out of the configuration.',
  },
  REDIS_UNREACHABLE: {
    disposition: 'retryable',
    exit: EXIT.unreachable,
    hint: 'Is Redis up, and is REDIS_URL (or service.redis.url) right? `redis-cli -u "$REDIS_URL" ping` must answer PONG.',
  },
  REDIS_REFUSED: {
    disposition: 'permanent',
    exit: EXIT.refused,
    hint: 'Redis refuses the user name or password: check REDIS_URL.',
  },
  REDIS_FULL: {
    disposition: 'retryable',
    exit: EXIT.unreachable,
    hint: 'Redis is above 70 % of its memory: intake waits in SQS. Raise maxmemory, or find out why so much is open by `landfall status`.',
  },
  REDIS_ABSENT: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'For the demo and the tests: set REDIS_URL, or put redis-server or valkey-server on the PATH, or start a container engine (docker), or use a machine with apt-get and dpkg that reaches its package mirror.',
  },
  REDIS_NOT_DURABLE: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'service.redis.durability is "sync", and this Redis has no append-only file. Switch it on (appendonly yes, appendfsync always), or set durability to "window".',
  },
  REDIS_UNFIT: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Landfall needs Redis 6.2 or newer (or Valkey) that never drops keys: set its maxmemory-policy to noeviction.',
  },
  AWS_UNREACHABLE: {
    disposition: 'retryable',
    exit: EXIT.unreachable,
    hint: 'The endpoint does not answer. Check the region, AWS_ENDPOINT_URL and the network.',
  },
  AWS_THROTTLED: {
    disposition: 'retryable',
    exit: EXIT.unreachable,
    hint: 'AWS asks to slow down; Landfall does so by itself.',
  },
  AWS_REFUSED: {
    disposition: 'permanent',
    exit: EXIT.refused,
    hint: 'AWS refuses the credentials. Check AWS_PROFILE or the task role, and that the clock is right.',
  },
  ACCESS_DENIED: {
    disposition: 'permanent',
    exit: EXIT.refused,
    hint: 'The role lacks the action named above, or the bucket or key policy denies it.',
  },
  AWS_ERROR: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'AWS refuses the request for a reason that Landfall does not know: the message above is its own.',
  },
  BUCKET_MISSING: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'No such bucket: check the name and the account in the configuration.',
  },
  OBJECT_MISSING: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'Neither bucket has such a version, and the ledger does not know it: check the key, which is taken as it stands.',
  },
  BUCKET_REGION: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'The bucket lives in another region than the configuration says: write the one named above.',
  },
  QUEUE_MISSING: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'No such queue: check the name, region and account under `queues`, or create it.',
  },
  BATCH_REPORT_PENDING: {
    disposition: 'retryable',
    exit: EXIT.unreachable,
    hint: 'S3 writes the completion report some minutes after its job ended; Landfall asks again.',
  },
  COPY_DIFFERS: {
    disposition: 'retryable',
    exit: EXIT.unreachable,
    hint: 'The bytes changed on their way, and no version was made of them; the copy is tried again. If it goes on: is there a proxy between?',
  },
  MESSAGE_UNREADABLE: {
    disposition: 'poison',
    exit: EXIT.fault,
    hint: 'The message stays on the queue until its redrive policy parks it in the dead-letter queue. Look at it there by `landfall dead-letters list`.',
  },
  DEAD_LETTERS_ABSENT: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'Give the intake queue a redrive policy (deadLetterTargetArn, maxReceiveCount 10 or more): without one, what cannot be read circles until it expires, and is lost.',
  },
  MOVE_TASK_FAILED: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'What was moved is moved; the rest is still in the dead-letter queue. Mend what SQS names, or send the rest back one by one with --one-by-one.',
  },
  SEND_BACK_INCOMPLETE: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'What was not acknowledged is still in the dead-letter queue. Mend what is named above, then run the same command again.',
  },
  EXPORT_UNREADABLE: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Name a file that `landfall dead-letters export` wrote, whole. Nothing was deleted.',
  },
  FILE_UNWRITABLE: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Check that the folder is there, that it may be written to, and that its disk has room.',
  },
  INTERRUPTED: {
    disposition: 'retryable',
    exit: EXIT.interrupted,
    hint: 'What was done so far is kept: run the same command again to go on.',
  },
  PORT_TAKEN: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Another process listens there: choose another service.http.port, or end it.',
  },
  SNAPSHOT_MISSING: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'No snapshot was written yet under service.snapshot; `landfall run` writes one a minute.',
  },
  DUMP_MISSING: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'List what there is by `landfall dump list`; the lifecycle hides keys, so name a version id where one is known.',
  },
  NAME_TAKEN: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'They carry our prefix and not our tag landfall:estate, so they are not touched: choose another service.alarms.prefix, or remove or tag them by hand.',
  },
  DUMP_DIFFERS: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'What was fetched is thrown away: run it again. Should it differ again, the stored dump is damaged: `landfall dump verify`, and fetch the replica by --from.',
  },
  SHIP_TAKEN: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Another dump has the same name, and is never written over: compare both by hand, then upload under another name.',
  },
  DATABASE_URL_INVALID: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Set the secret that `dumps[].database` names to postgresql://user:password@host:port/database (docs/dumps.md lists the parameters).',
  },
  DATABASE_UNREACHABLE: {
    disposition: 'retryable',
    exit: EXIT.unreachable,
    hint: 'The database does not answer. Check host, port and security groups of the URL that `dumps[].database` names.',
  },
  DATABASE_REFUSED: {
    disposition: 'permanent',
    exit: EXIT.refused,
    hint: 'The database refuses the user, the password or the right named above: mend it there, or in the secret that `dumps[].database` names.',
  },
  PG_CLIENT_ABSENT: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'Install the PostgreSQL client tools (Debian: postgresql-client), or put them on the PATH.',
  },
  PG_CLIENT_OLDER: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Install client tools at least as new as the server; a newer pg_dump reads older servers.',
  },
  DUMP_FAILED: {
    disposition: 'retryable',
    exit: EXIT.fault,
    hint: 'pg_dump says above why it ended; nothing was stored. Mend that, then run `landfall dump run` again.',
  },
  DUMP_INCOMPLETE: {
    disposition: 'retryable',
    exit: EXIT.fault,
    hint: 'What pg_dump wrote is not whole, although it ended well; nothing was stored. Run `landfall dump run` again, and report it if it comes back.',
  },
  DUMP_TAKEN: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'There is an object at this key already, and it is not of this run; it was left alone. Run `landfall dump run` again in the next minute.',
  },
  DUMP_RUNNING: {
    disposition: 'retryable',
    exit: EXIT.fault,
    hint: 'Another container makes this dump now, or died doing so less than a minute ago: wait for it.',
  },
  DUMP_LEASE_LOST: {
    disposition: 'retryable',
    exit: EXIT.unreachable,
    hint: 'Redis did not confirm in time that this container alone makes the dump, so nothing was stored. Run `landfall dump run` again when Redis is well.',
  },
  DUMP_TOO_BIG: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Raise `dumps[].expected` to about the real size: parts are made to fit ten times it.',
  },
  DUMP_KEY_INVALID: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Mend `dumps[].encryption`: age recipients (age1...), or files with armoured OpenPGP public keys that can encrypt and have not expired.',
  },
  SHIP_STOPPED: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'It cannot be carried whole as it is: mend what is named above; the original was left alone. `landfall dump ship` tries again.',
  },
  INVENTORY_UNFIT: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Change the inventory configuration of the bucket as said above and wait for its next delivery, or name another manifest (docs/audit-inventory.md).',
  },
  INVENTORY_INCOMPLETE: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'A file of the inventory is missing or has other bytes than its manifest says: fetch it again, or name the folder that its keys begin in by --root.',
  },
  DISK_FULL: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'Make room on that disk and run the same command again, or name a folder on another one (--to, --out, --temp, TMPDIR).',
  },
  DUCKDB_ABSENT: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'Install the optional package: `npm install @duckdb/node-api` in the folder of Landfall, or install Landfall without --omit=optional.',
  },
  DUCKDB_FAILED: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'If it ran out of memory, give it more by --memory or more room to spill by --temp; else the message above is its own.',
  },
  ATHENA_FAILED: {
    disposition: 'permanent',
    exit: EXIT.fault,
    hint: 'The message above is its own. The query is in its history under the id above; run the command without --run to see the SQL.',
  },
  DUMP_CORRUPT: {
    disposition: 'permanent',
    exit: EXIT.atRisk,
    hint: 'The stored bytes are not those that were written. Read its replica (`landfall drill dump NAME --key KEY`), or the dump before it, and make a new dump now.',
  },
  DUMP_TRUNCATED: {
    disposition: 'permanent',
    exit: EXIT.atRisk,
    hint: 'The dump ends too early: whoever made it stored it before it was whole. Make a new dump now.',
  },
  DUMP_KEY_WRONG: {
    disposition: 'permanent',
    exit: EXIT.atRisk,
    hint: 'It is encrypted to another key than the one at hand. Set `dumps[].identity` to the private key of its recipients, or mend whom it is encrypted to and make a new dump now.',
  },
  DUMP_NEWER: {
    disposition: 'permanent',
    exit: EXIT.atRisk,
    hint: 'Install PostgreSQL tools (and for a drill a server) at least as new, and as patched, as those that made the dump.',
  },
  DUMP_UNREADABLE: {
    disposition: 'permanent',
    exit: EXIT.atRisk,
    hint: 'It is not what its name says it is (docs/drills.md has the names). Look at how it was made.',
  },
  IDENTITY_INVALID: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Set the secret that `dumps[].identity` names to the lines AGE-SECRET-KEY-1..., or to an armoured OpenPGP private key without a passphrase.',
  },
  SCRATCH_UNFIT: {
    disposition: 'permanent',
    exit: EXIT.missing,
    hint: 'Install a PostgreSQL server (Debian: postgresql) whose initdb Landfall may start, or name a scratch server by `dumps[].drill.postgres` whose user may create databases.',
  },
  RESTORE_FAILED: {
    disposition: 'permanent',
    exit: EXIT.atRisk,
    hint: 'The message above is the own one of psql or pg_restore. docs/drills.md says what a plain role may not restore.',
  },
  DATABASE_NOT_EMPTY: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'Name an empty database, or say --force: what the dump drops is then gone for good.',
  },
  SANDBOX_ABSENT: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'This installation carries no sandbox (a production image and the npm package do not). Use the `demo` image target or a checkout.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof rows
export const ERRORS: Readonly<Record<ErrorCode, ErrorRow>> = rows

export interface ErrorOptionsOfLandfall {
  /** Overrides the table's hint where the case is known more closely. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** Ids for the log line; never secrets. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

export class LandfallError extends Error {
  override readonly name = 'LandfallError'
  readonly code: ErrorCode
  readonly disposition: Disposition
  readonly hint: string
  readonly exit: number
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: ErrorOptionsOfLandfall = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.disposition = ERRORS[code].disposition
    this.hint = options.hint ?? ERRORS[code].hint
    this.exit = ERRORS[code].exit
    this.details = options.details ?? {}
  }
}

export function isLandfallError(error: unknown): error is LandfallError {
  return error instanceof LandfallError
}
