import type { Faults, Refusal, SandboxClock, SandboxRandom, ServiceName } from '../types.ts'

/** What one request is, as far as faults go. */
export interface Target {
  readonly service: ServiceName
  readonly action: string
  readonly region: string
}

/** `pass` after the latency (and `lose` the answer), `cut` the connection before anything is done, or `refuse`. */
export type Fate =
  | { readonly kind: 'pass'; readonly latencyMs: number; readonly lose: boolean }
  | { readonly kind: 'cut' }
  | { readonly kind: 'refuse'; readonly latencyMs: number; readonly error: Refusal }

const PASS: Fate = { kind: 'pass', latencyMs: 0, lose: false }

/** What each service calls "too many requests", as its SDK's retry rules know it. */
const THROTTLE: Readonly<Record<ServiceName, Refusal>> = {
  s3: { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
  s3control: { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
  sqs: { status: 403, code: 'RequestThrottled', message: 'Request is throttled.' },
  sns: { status: 400, code: 'Throttling', message: 'Rate exceeded' },
  sts: { status: 400, code: 'Throttling', message: 'Rate exceeded' },
  iam: { status: 400, code: 'Throttling', message: 'Rate exceeded' },
  cloudwatch: { status: 400, code: 'Throttling', message: 'Rate exceeded' },
  control: { status: 503, code: 'SlowDown', message: 'Rate exceeded' },
}

/**
 * Decides what the faults in force do to one request. All matching rules add up: latencies are summed, and each rule
 * draws for its own reset and throttle. The control endpoint itself never suffers: it is the way out.
 */
export function fateOf(faults: Faults, target: Target, random: SandboxRandom): Fate {
  if (target.service === 'control') return PASS
  if (isDown(faults, target)) return { kind: 'cut' }
  if (faults.requests === undefined) return PASS
  let latencyMs = 0
  let error: Refusal | undefined
  let lose = false
  for (const rule of faults.requests) {
    if (rule.service !== undefined && rule.service !== target.service) continue
    if (rule.action !== undefined && rule.action !== target.action) continue
    if (rule.region !== undefined && rule.region !== target.region) continue
    latencyMs += rule.latencyMs ?? 0
    if (hits(rule.reset, random)) return { kind: 'cut' }
    if (hits(rule.lose, random)) lose = true
    if (hits(rule.throttle, random)) error ??= refusal(rule.status, rule.code, THROTTLE[target.service])
  }
  return error === undefined ? { kind: 'pass', latencyMs, lose } : { kind: 'refuse', latencyMs, error }
}

/** Asked again before the answer goes out: a long poll must not be answered by a region that went down meanwhile. */
export function isDown(faults: Faults, target: Target): boolean {
  return target.service !== 'control' && (faults.regionsDown?.includes(target.region) ?? false)
}

function hits(share: number | undefined, random: SandboxRandom): boolean {
  return share !== undefined && share > 0 && random.next('faults') < share
}

function refusal(status: number | undefined, code: string | undefined, usual: Refusal): Refusal {
  if (status === undefined && code === undefined) return usual
  return { status: status ?? usual.status, code: code ?? usual.code, message: `${code ?? usual.code} on order` }
}

/** Resolves after `ms`; never after the sandbox has closed, when no connection is left to answer. */
export function pause(clock: SandboxClock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}
