import { ServiceError } from '../http/errors.ts'

type Shape = 'number' | 'share' | 'text' | 'flag' | 'texts' | { readonly [name: string]: Shape } | readonly [Shape]

const SERVICES = ['s3', 's3control', 'sqs', 'sns', 'sts', 'iam', 'cloudwatch'] as const

/** The members of `Faults` (types.ts), so that a misspelt fault is refused instead of leaving the world healthy. */
const FAULTS: Shape = {
  regionsDown: 'texts',
  requests: [
    {
      service: 'text',
      action: 'text',
      region: 'text',
      latencyMs: 'number',
      throttle: 'share',
      reset: 'share',
      lose: 'share',
      status: 'number',
      code: 'text',
    },
  ],
  access: [{ bucket: 'text', deny: 'texts' }],
  replication: {
    lag: { medianMs: 'number', p99Ms: 'number' },
    fail: [{ share: 'share', reasons: 'texts', bucket: 'text', prefix: 'text' }],
    corrupt: { share: 'share', how: 'text' },
    withoutTags: 'flag',
    paused: 'flag',
    rtcThresholdMs: 'number',
  },
  kms: [{ key: 'text', state: 'text' }],
  jobs: { prepareMs: 'number', readyMs: 'number', fail: { code: 'text', reason: 'text' } },
  queues: [{ queue: 'text', reorder: 'number', duplicate: 'share' }],
  notifications: [{ drop: 'share', duplicate: 'share', reorderMs: 'number', bucket: 'text' }],
}

/** Throws a ServiceError that names the first member that is no fault, or of the wrong kind. */
export function checkFaults(document: Readonly<Record<string, unknown>>): void {
  check(document, FAULTS, 'faults')
  const requests = document['requests'] as { service?: string }[] | null | undefined
  for (const { service } of requests ?? []) {
    if (service !== undefined && !(SERVICES as readonly string[]).includes(service)) {
      fail('faults.requests.service', `one of ${SERVICES.join(', ')}`)
    }
  }
  const keys = document['kms'] as { state?: string }[] | null | undefined
  for (const { state } of keys ?? []) {
    if (state !== 'missing' && state !== 'disabled') fail('faults.kms.state', 'missing or disabled')
  }
}

function check(value: unknown, shape: Shape, path: string): void {
  if (value === null && path.split('.').length === 2) return // lifts the member
  if (typeof shape === 'string') {
    if (!LEAVES[shape].is(value)) fail(path, LEAVES[shape].words)
  } else if (isList(shape)) {
    if (!Array.isArray(value)) fail(path, 'a list')
    else value.forEach((item, index) => check(item, shape[0], `${path}[${index}]`))
  } else {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object')
    for (const [name, member] of Object.entries(value)) {
      const expected = shape[name]
      if (expected === undefined) fail(`${path}.${name}`, `one of ${Object.keys(shape).join(', ')}`)
      check(member, expected, `${path}.${name}`)
    }
  }
}

const LEAVES = {
  number: { is: (value: unknown) => typeof value === 'number' && value >= 0, words: 'a number, 0 or more' },
  share: { is: (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1, words: 'a share, 0 to 1' },
  text: { is: (value: unknown) => typeof value === 'string', words: 'a string' },
  flag: { is: (value: unknown) => typeof value === 'boolean', words: 'true or false' },
  texts: {
    is: (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    words: 'a list of strings',
  },
} as const

function isList(shape: Exclude<Shape, string>): shape is readonly [Shape] {
  return Array.isArray(shape)
}

function fail(path: string, expected: string): never {
  throw new ServiceError('InvalidFaults', `${path}: expected ${expected}`)
}
