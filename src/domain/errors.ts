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
  NAME_TAKEN: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'They carry our prefix and not our tag landfall:estate, so they are not touched: choose another service.alarms.prefix, or remove or tag them by hand.',
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
    hint: 'Name a folder on a disk with more room by --temp.',
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
  SANDBOX_ABSENT: {
    disposition: 'permanent',
    exit: EXIT.usage,
    hint: 'This installation carries no sandbox (a production image does not). Use the `demo` image target or a checkout.',
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
