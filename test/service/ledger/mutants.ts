/**
 * The ledger's scripts, each broken in one place: what a slip in an edit would do. The histories must catch every one.
 */
import type { ScriptName, Scripts } from '../../../src/ledger/scripts.ts'

export interface Mutant {
  /** The invariant, or the promise, that it breaks. */
  readonly breaks: string
  readonly slip: string
  readonly script: ScriptName
  readonly from: string
  readonly to: string
}

const EQUATION = 'received + reopened = closed + open'
const SAME_IDS = '|rec| = |born| = |due| + |parked|'
const DISJOINT = 'due and parked are disjoint'
const CLOSES_ONCE = 'an id closes only by the ZREM that returns 1'
const BIRTHS = 'nothing but book and reopen creates an id'
const FINDABLE = 'every open id has a score'
const LEASE = 'all but a verdict count only under the lease'
const BYTES = 'bytes at risk are those of the open ones'
const COUNTS = 'each thing is counted once'
const ONE_HAND = 'a version is in one hand at most'
const TRIED = '|tried| is within |rec|'
const STALE = 'a stale token changes nothing'
const ATTEMPTS = 'attempts never fall'

export const MUTANTS: readonly Mutant[] = [
  {
    breaks: EQUATION,
    slip: 'a closed version is received again',
    script: 'book',
    from: 'if isSeen(previous, id) or not remember(current, id) or',
    to: 'remember(current, id) if',
  },
  {
    breaks: EQUATION,
    slip: 'a duplicate counts as received',
    script: 'book',
    from: 'duplicates = duplicates + 1',
    to: 'duplicates = duplicates + 1 received = received + 1',
  },
  {
    breaks: EQUATION,
    slip: 'a verdict counts twice',
    script: 'settle',
    from: "add('v:' .. verdict, 1)",
    to: "add('v:' .. verdict, 2)",
  },
  { breaks: EQUATION, slip: 'a verdict is not counted', script: 'settle', from: "add('v:' .. verdict, 1)", to: '' },
  {
    breaks: EQUATION,
    slip: 'a reopened one is not counted',
    script: 'reopen',
    from: "add('reopened', reopened)",
    to: '',
  },
  {
    breaks: EQUATION,
    slip: 'a reopened one counts as received',
    script: 'reopen',
    from: "add('reopened', reopened)",
    to: "add('received', reopened)",
  },
  {
    breaks: CLOSES_ONCE,
    slip: 'a verdict counts whatever ZREM says',
    script: 'settle',
    from: "if redis.call('ZREM', DUE, id) == 0 and redis.call('ZREM', PARKED, id) == 0 then return false end\n  local rec = redis.call('HGET', REC, id)",
    to: "redis.call('ZREM', DUE, id) redis.call('ZREM', PARKED, id)\n  local rec = redis.call('HGET', REC, id) or 'wo0||0||'",
  },
  {
    breaks: CLOSES_ONCE,
    slip: 'a failed version cannot be closed',
    script: 'settle',
    from: " and redis.call('ZREM', PARKED, id) == 0",
    to: '',
  },
  {
    breaks: SAME_IDS,
    slip: 'a closed one keeps its record',
    script: 'settle',
    from: "redis.call('HDEL', REC, unpack(gone))",
    to: '',
  },
  {
    breaks: SAME_IDS,
    slip: 'a closed one keeps its birth',
    script: 'settle',
    from: "redis.call('ZREM', BORN, unpack(gone))",
    to: '',
  },
  {
    breaks: SAME_IDS,
    slip: 'a booked one has no birth',
    script: 'book',
    from: "redis.call('ZADD', BORN, unpack(born))",
    to: '',
  },
  {
    breaks: SAME_IDS,
    slip: 'reopening an open one makes it due as well',
    script: 'reopen',
    from: "redis.call('HSETNX', REC, id, rec) == 1",
    to: "redis.call('HSET', REC, id, rec) >= 0",
  },
  {
    breaks: DISJOINT,
    slip: 'parked without leaving due',
    script: 'settle',
    from: "if set ~= to then redis.call('ZREM', set, id) end",
    to: '',
  },
  {
    breaks: BIRTHS,
    slip: 'a nudge makes an unknown id due',
    script: 'nudge',
    from: 'local set, score = find(ARGV[i])\n',
    to: 'local set, score = find(ARGV[i])\n  if not set then set, score = DUE, now end\n',
  },
  {
    breaks: BIRTHS,
    slip: 'a verdict too late brings the id back',
    script: 'settle',
    from: 'if not set or (lease',
    to: "if not set then redis.call('ZADD', DUE, now, id) end\n  if not set or (lease",
  },
  {
    breaks: FINDABLE,
    slip: 'a booked one is never due',
    script: 'book',
    from: "redis.call('ZADD', DUE, unpack(due))",
    to: '',
  },
  {
    breaks: FINDABLE,
    slip: 'what waits has no next look',
    script: 'settle',
    from: "redis.call('ZADD', to, now + tonumber(wait), id)",
    to: "redis.call('ZADD', to, '+inf', id)",
  },
  {
    breaks: FINDABLE,
    slip: 'failed ones are never looked at again',
    script: 'take',
    from: 'give(PARKED, rechecks, again)',
    to: '',
  },
  {
    breaks: LEASE,
    slip: 'taken without a lease',
    script: 'take',
    from: "redis.call('ZADD', set, 'XX', unpack(scores))",
    to: '',
  },
  {
    breaks: LEASE,
    slip: 'a stale wait or park counts',
    script: 'settle',
    from: "(lease ~= '' and score ~= tonumber(lease))",
    to: 'false',
  },
  {
    breaks: LEASE,
    slip: 'no settlement counts, the lease is compared as text',
    script: 'settle',
    from: 'score ~= tonumber(lease)',
    to: 'score ~= lease',
  },
  {
    breaks: LEASE,
    slip: 'two takes of one millisecond share a lease',
    script: 'take',
    from: '(micros % 1000 + 0.5) / 1000',
    to: '0',
  },
  {
    breaks: LEASE,
    slip: 'a nudge leaves the lease standing',
    script: 'nudge',
    from: 'math.floor(math.min(score, now))',
    to: 'score',
  },
  { breaks: BYTES, slip: 'a closed one stays at risk', script: 'settle', from: "add('bytes', -sizeOf(rec))", to: '' },
  { breaks: BYTES, slip: 'a booked one is not at risk', script: 'book', from: "add('bytes', sizeOf(rec))", to: '' },
  {
    breaks: COUNTS,
    slip: 'late each time it is seen late',
    script: 'settle',
    from: "add('lateEver', redis.call('SADD', LATE, id))",
    to: "redis.call('SADD', LATE, id) add('lateEver', 1)",
  },
  {
    breaks: COUNTS,
    slip: 'a closed one stays in late',
    script: 'settle',
    from: "redis.call('SREM', LATE, unpack(gone))",
    to: '',
  },
  {
    breaks: COUNTS,
    slip: 'a version that leaves a state stays counted in it',
    script: 'settle',
    from: 'count(state, -1)',
    to: '',
  },
  {
    breaks: COUNTS,
    slip: 'a closed one stays counted in its state',
    script: 'settle',
    from: 'count(string.sub(rec, 1, 1), -1)',
    to: '',
  },
  {
    breaks: COUNTS,
    slip: 'a look is not counted',
    script: 'settle',
    from: "looks = string.format('%d', tonumber(looks) + 1)",
    to: '',
  },
  {
    breaks: COUNTS,
    slip: 'an arrival is claimed twice',
    script: 'book',
    from: "redis.call('ZREM', EARLY, id)\n  redis.call('HDEL', EARLY_REC, id)\n  return arrival",
    to: 'return arrival',
  },
  {
    breaks: COUNTS,
    slip: 'the arrival of a closed version waits for ever',
    script: 'arrive',
    from: 'isSeen(current, id) or isSeen(previous, id)',
    to: 'false',
  },
  {
    breaks: 'an id is known wherever its shard went',
    slip: 'a split forgets to move',
    script: 'book',
    from: 'if digits(id) % wide == seen.shards then',
    to: 'if digits(id) % wide == -1 then',
  },
  {
    breaks: 'an id is known wherever its shard went',
    slip: 'the count of ids is not kept',
    script: 'book',
    from: "redis.call('SET', seen.name, seen.count, 'PXAT', seen.ends)",
    to: '',
  },
  {
    breaks: ONE_HAND,
    slip: 'a claim takes what another hand has',
    script: 'claim',
    from: "if hand == '' then",
    to: 'if hand ~= token then',
  },
  {
    breaks: ONE_HAND,
    slip: 'a claim says yes to what another hand has',
    script: 'claim',
    from: 'if hand == token then claimed',
    to: 'if hand then claimed',
  },
  {
    breaks: ONE_HAND,
    slip: 'a claim puts nothing into the hand',
    script: 'claim',
    from: "redis.call('SADD', HAND .. token, id)",
    to: '',
  },
  {
    breaks: ONE_HAND,
    slip: 'what ends stays in the hand',
    script: 'unclaim',
    from: "redis.call('SREM', HAND .. token, id)",
    to: '',
  },
  {
    breaks: ONE_HAND,
    slip: 'a mark takes a version out of its hand',
    script: 'want',
    from: "if hand == '' then",
    to: 'if hand then',
  },
  {
    breaks: TRIED,
    slip: 'a verdict leaves what was tried',
    script: 'settle',
    from: "redis.call('HDEL', TRIED, unpack(gone))",
    to: '',
  },
  {
    breaks: TRIED,
    slip: 'a verdict leaves the mark of a person',
    script: 'settle',
    from: "redis.call('HDEL', WANTED, unpack(gone))",
    to: '',
  },
  {
    breaks: TRIED,
    slip: 'a verdict leaves the version in its hand',
    script: 'settle',
    from: "redis.call('SREM', HAND .. token, gone[i])",
    to: '',
  },
  {
    breaks: TRIED,
    slip: 'a discarded one leaves what was tried',
    script: 'discard',
    from: "redis.call('HDEL', TRIED, unpack(gone))",
    to: '',
  },
  {
    breaks: TRIED,
    slip: 'a claim takes what is not open',
    script: 'claim',
    from: "return redis.call('ZSCORE', PARKED, id) and string.sub(redis.call('HGET', REC, id), 1, 1) == 'f'",
    to: 'return true',
  },
  {
    breaks: TRIED,
    slip: 'a mark is put on what is not failed',
    script: 'want',
    from: "return redis.call('ZSCORE', PARKED, id) and string.sub(redis.call('HGET', REC, id), 1, 1) == 'f'",
    to: 'return true',
  },
  {
    breaks: STALE,
    slip: 'any token ends any hand',
    script: 'unclaim',
    from: 'if tried and handOf(tried) == token then',
    to: 'if tried then',
  },
  {
    breaks: STALE,
    slip: 'a stale token ends what no hand has',
    script: 'unclaim',
    from: 'handOf(tried) == token then',
    to: "(handOf(tried) == token or handOf(tried) == '') then",
  },
  {
    breaks: STALE,
    slip: 'a stale token brings a closed version back',
    script: 'unclaim',
    from: "local tried = redis.call('HGET', TRIED, id)",
    to: "local tried = redis.call('HGET', TRIED, id) or ('1|0|batch|0|' .. token .. '||')",
  },
  {
    breaks: CLOSES_ONCE,
    slip: 'a discard closes what is waited for',
    script: 'discard',
    from: "redis.call('ZSCORE', PARKED, ARGV[i]) and close(",
    to: 'close(',
  },
  {
    breaks: CLOSES_ONCE,
    slip: 'a discarded one is not closed',
    script: 'discard',
    from: 'saveClosed()\nflush()',
    to: 'flush()',
  },
  {
    breaks: ATTEMPTS,
    slip: 'a claim counts from one again',
    script: 'claim',
    from: 'attempts + 1',
    to: '1',
  },
  {
    breaks: ATTEMPTS,
    slip: 'the same token counts twice',
    script: 'claim',
    from: "if hand == '' then",
    to: "if hand == '' or hand == token then",
  },
  {
    breaks: ATTEMPTS,
    slip: 'a person who asks for more sets them back',
    script: 'want',
    from: 'table.concat({ attempts, attempts,',
    to: "table.concat({ '0', attempts,",
  },
  {
    breaks: FINDABLE,
    slip: 'what was driven is not due for a look',
    script: 'unclaim',
    from: "redis.call('ZADD', set, math.floor(math.min(score, now)), id)",
    to: '',
  },
  {
    breaks: LEASE,
    slip: 'the end of a re-drive leaves the lease standing',
    script: 'unclaim',
    from: 'math.floor(math.min(score, now))',
    to: 'score',
  },
]

const OF_REPAIR: ReadonlySet<string> = new Set([ONE_HAND, TRIED, STALE, ATTEMPTS])
const REPAIRING: ReadonlySet<ScriptName> = new Set(['claim', 'unclaim', 'want', 'discard'])

/** Which half of the protocol it is in. */
export function halfOf({ breaks, script }: Mutant): 'verification' | 'repair' {
  return OF_REPAIR.has(breaks) || REPAIRING.has(script) ? 'repair' : 'verification'
}

/** Throws where the place to break is not there exactly once: a mutant that mutates nothing proves nothing. */
export function mutate(scripts: Scripts, { script, from, to, slip }: Mutant): Scripts {
  if (scripts[script].split(from).length !== 2) throw new Error(`mutant "${slip}": not exactly one place in ${script}`)
  return { ...scripts, [script]: scripts[script].replace(from, () => to) }
}
