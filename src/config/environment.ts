/**
 * The environment variables that Landfall itself reads, in one table (docs/config.md shows the same one), and the only
 * place that reads `process.env`. Endpoints, profiles and credentials are the AWS SDK's own variables (AWS_PROFILE,
 * AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_REGION ...): the SDK reads them, and Landfall adds none.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Finding, Path } from './faults.ts'
import { show } from './faults.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The process' environment as it is now. Call it once, at the entry, and hand the result on. */
export function readEnvironment(): Environment {
  return Object.freeze({ ...process.env })
}

export interface Variable {
  readonly name: string
  readonly meaning: string
  /** The key of the file that it overrides. */
  readonly path?: Path | undefined
  /** `secret`: the Estate keeps where it is, and not what it is. */
  readonly type: 'text' | 'number' | 'boolean' | 'secret'
}

export const VARIABLES: readonly Variable[] = [
  { name: 'LANDFALL_CONFIG', type: 'text', meaning: 'the configuration file; `--config` goes before it' },
  { name: 'REDIS_URL', type: 'text', path: ['service', 'redis', 'url'], meaning: 'the ledger' },
  {
    name: 'LANDFALL_REDIS_CLUSTER',
    type: 'boolean',
    path: ['service', 'redis', 'cluster'],
    meaning: 'whether that URL names a node of a Redis Cluster',
  },
  {
    name: 'LANDFALL_REDIS_DURABILITY',
    type: 'text',
    path: ['service', 'redis', 'durability'],
    meaning: '`sync` or `window`',
  },
  { name: 'LANDFALL_HTTP_HOST', type: 'text', path: ['service', 'http', 'host'], meaning: 'where health is served' },
  {
    name: 'LANDFALL_HTTP_PORT',
    type: 'number',
    path: ['service', 'http', 'port'],
    meaning: 'its port; 0 takes a free one',
  },
  {
    name: 'LANDFALL_HTTP_TOKEN',
    type: 'secret',
    path: ['service', 'http', 'token'],
    meaning: 'the token of the page and its API, in place of the one that the file names',
  },
  {
    name: 'LANDFALL_METRICS',
    type: 'boolean',
    path: ['service', 'metrics', 'enabled'],
    meaning: 'CloudWatch on or off',
  },
  {
    name: 'LANDFALL_LOG_LEVEL',
    type: 'text',
    path: ['service', 'log', 'level'],
    meaning: 'the least level that is written',
  },
  {
    name: 'LANDFALL_OPERATOR',
    type: 'text',
    meaning: 'who is recorded for what a command does (default: `user@host`)',
  },
  { name: 'LANDFALL_DEBUG', type: 'boolean', meaning: 'error messages with their stack traces' },
  { name: 'XDG_STATE_HOME', type: 'text', meaning: 'where `dead-letters redrive` keeps its journals' },
  { name: 'NO_COLOR', type: 'text', meaning: 'any value: no colours (no-color.org)' },
]

const BOOLEANS: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  yes: true,
  on: true,
  0: false,
  false: false,
  no: false,
  off: false,
}

/** Whether a variable of type boolean is on. */
export function isOn(env: Environment, name: string): boolean {
  return BOOLEANS[(env[name] ?? '').toLowerCase()] ?? false
}

const MOST_OF_A_NAME = 128

/** Who is recorded for what a command does. `processOwner` is the name that the system gives. */
export function operatorIn(env: Environment, processOwner: string): string {
  const given = (env['LANDFALL_OPERATOR'] ?? '').trim()
  return (given === '' ? processOwner : given).slice(0, MOST_OF_A_NAME)
}

/**
 * The file's data with the environment laid over it. An empty variable counts as absent, as shells and container
 * definitions write "unset" that way.
 */
export function overlay(
  value: unknown,
  env: Environment,
): { readonly value: unknown; readonly set: readonly Variable[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = []
  const set = VARIABLES.filter((variable) => variable.path !== undefined && (env[variable.name] ?? '') !== '')
  const result = set.reduce<unknown>((root, variable) => {
    const read = variable.type === 'secret' ? { env: variable.name } : readVariable(variable.type, env[variable.name]!)
    if (read !== undefined) return put(root, variable.path!, read)
    const allowed = variable.type === 'boolean' ? ['true', 'false'] : undefined
    const message = variable.type === 'boolean' ? 'is neither on nor off' : 'must be a number'
    findings.push({ path: variable.path!, message, found: show(env[variable.name]), allowed })
    return root
  }, value)
  return { value: result, set, findings }
}

function readVariable(type: Variable['type'], text: string): string | number | boolean | undefined {
  if (type === 'text') return text
  if (type === 'boolean') return BOOLEANS[text.toLowerCase()]
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** A copy with one value set; maps on the way are made where they are missing, anything else there is left to the schema. */
function put(root: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (root !== undefined && root !== null && (typeof root !== 'object' || Array.isArray(root))) return root
  const map = (root ?? {}) as Record<string | number, unknown>
  return { ...map, [key]: put(map[key], rest, value) }
}

/** Whether the SDK is pointed at an endpoint that is not AWS' own: S3 then wants path-style addresses. */
export function usesOwnEndpoint(env: Environment): boolean {
  return (env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'] ?? '') !== ''
}

/** Where Landfall keeps what a command must remember between two runs: the user's state folder (XDG base directories). */
export function stateFolder(env: Environment): string {
  const base = env['XDG_STATE_HOME'] ?? ''
  return join(base === '' ? join(env['HOME'] ?? homedir(), '.local', 'state') : base, 'landfall')
}

/**
 * Points the SDK of this very process at a sandbox, by its own variables: the demo's and the tests' way in. `account` is
 * twelve digits: a sandbox takes such an access key for its account.
 */
export function pointAtSandbox(url: string, account: string): void {
  // The SDK reads a profile before these; a developer's own profile must not meet the sandbox.
  delete process.env['AWS_PROFILE']
  delete process.env['AWS_SESSION_TOKEN']
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_ENDPOINT_URL')) delete process.env[name]
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_EC2_METADATA_DISABLED: 'true',
  })
}

/** Where this process runs, as far as its environment tells: ECS by the address of its metadata, else AWS_REGION. */
export function placeHints(env: Environment): {
  readonly metadata?: string | undefined
  readonly region?: string | undefined
} {
  const given = (name: string): string | undefined => ((env[name] ?? '') === '' ? undefined : env[name])
  return { metadata: given('ECS_CONTAINER_METADATA_URI_V4'), region: given('AWS_REGION') }
}
