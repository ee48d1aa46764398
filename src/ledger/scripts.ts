/**
 * The ledger's protocol: one Lua script per step, so that each step happens whole or not at all.
 *
 * Lua moves ids between sets; TypeScript decides. The invariants that hold between any two of them are in
 * docs/ledger.md, and test/service/ledger/ breaks each of them on purpose. Here are the scripts that write; those that
 * only read are in views.ts, those of repair in repair-scripts.ts.
 */
import { closeLua } from './close.ts'
import { LIMITS, type Limits } from './limits.ts'
import { preludeLua } from './prelude.ts'
import { CANARY } from './canary-script.ts'
import { makeRepairScripts, type RepairScriptName } from './repair-scripts.ts'
import { ADD, GREATEST, IDENTITY, LEASE } from './service-scripts.ts'
import { DUE, HISTORY, KNOWN, LAGS, OLDEST, SNAPSHOT } from './views.ts'

/** Opens versions: shared by `book` and `reopen`, the only two that make an id. */
const OPEN = `
local due, born, newest = {}, {}, 0
local function open(id, rec, wait, time)
  due[#due + 1] = now + wait
  due[#due + 1] = id
  born[#born + 1] = time
  born[#born + 1] = id
  add('bytes', sizeOf(rec))
  if time > newest then newest = time end
end
local function saveOpened()
  if #due == 0 then return end
  redis.call('ZADD', DUE, unpack(due))
  redis.call('ZADD', BORN, unpack(born))
  if newest > tonumber(redis.call('HGET', N, 'newest') or '0') then redis.call('HSET', N, 'newest', newest) end
end
`

/** ARGV: (id, record, ms until due, event time) each. Replies received, duplicates, [index, arrival, ...]. */
const BOOK = `
${OPEN}
expireEarly()
local current, previous = generations()
local claims = redis.call('ZCARD', EARLY) > 0
local received, duplicates, arrived = 0, 0, {}
for i = 1, #ARGV, 4 do
  local id, rec = ARGV[i], ARGV[i + 1]
  -- The last test is for ids that are open for longer than \`seen\` remembers.
  if isSeen(previous, id) or not remember(current, id) or redis.call('HSETNX', REC, id, rec) == 0 then
    duplicates = duplicates + 1
  else
    received = received + 1
    open(id, rec, tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]))
    local arrival = claims and claimEarly(id)
    if arrival then
      arrived[#arrived + 1] = (i - 1) / 4
      arrived[#arrived + 1] = arrival
    end
  end
end
saveOpened()
saveSeen(current)
add('received', received)
add('duplicate', duplicates)
flush()
return { received, duplicates, arrived }
`

/** ARGV as for \`book\`. Replies how many were opened again. */
const REOPEN = `
${OPEN}
local current, previous = generations()
local reopened = 0
for i = 1, #ARGV, 4 do
  local id, rec = ARGV[i], ARGV[i + 1]
  if redis.call('HSETNX', REC, id, rec) == 1 then
    reopened = reopened + 1
    open(id, rec, tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]))
    if not isSeen(previous, id) then remember(current, id) end
    claimEarly(id)
  else
    -- Open already: an older event of the replica may still be on its way, and must not land what was purged. Without
    -- an ETag to compare with, no event does: a look has to.
    local rec = redis.call('HGET', REC, id)
    redis.call('HSET', REC, id, (string.gsub(rec, '^(' .. string.rep('[^|]*|', 7) .. ')[^|]*|', '%1|')))
  end
end
saveOpened()
saveSeen(current)
add('reopened', reopened)
flush()
return reopened
`

/**
 * ARGV as for `book`. What an audit found missing: opened once each, as reopened where it was ever booked, else as
 * received. Replies received, reopened, open already.
 */
const RECONCILE = `
${OPEN}
local current, previous = generations()
local received, reopened, already = 0, 0, 0
for i = 1, #ARGV, 4 do
  local id, rec = ARGV[i], ARGV[i + 1]
  if redis.call('HSETNX', REC, id, rec) == 0 then
    already = already + 1
  else
    if isSeen(previous, id) or not remember(current, id) then reopened = reopened + 1 else received = received + 1 end
    open(id, rec, tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]))
    -- An arrival that waited for it is older than the audit, which found no replica.
    claimEarly(id)
  end
end
saveOpened()
saveSeen(current)
add('received', received)
add('reopened', reopened)
flush()
return { received, reopened, already }
`

/** ARGV: (id, arrival) each. Replies early, known, [index, record, ...] of the open ones. */
const ARRIVE = (limits: Limits): string => `
expireEarly()
local current, previous = generations()
local early, known, matched = 0, 0, {}
for i = 1, #ARGV, 2 do
  local id = ARGV[i]
  local rec = redis.call('HGET', REC, id)
  if rec then
    matched[#matched + 1] = (i - 1) / 2
    matched[#matched + 1] = rec
  elseif isSeen(current, id) or isSeen(previous, id) then
    known = known + 1
  else
    early = early + 1
    redis.call('ZADD', EARLY, 'NX', now, id)
    redis.call('HSET', EARLY_REC, id, ARGV[i + 1])
  end
end
local over = early > 0 and redis.call('ZCARD', EARLY) - ${limits.earlyMax} or 0
if over > 0 then dropEarly(redis.call('ZRANGE', EARLY, 0, over - 1)) end
flush()
return { early, known, matched }
`

/**
 * ARGV: max, lease ms. Replies the lease, then id, record, ...
 *
 * A lease's score carries the microsecond of its take as a fraction: no other take has it, and no due time (whole
 * milliseconds) equals it, so a worker whose lease ran out can never pass for the next one.
 */
const TAKE = `
local max = tonumber(ARGV[1])
-- A script that has written may go on in a Redis that is full: taking is how a full ledger drains.
redis.call('DEL', BASE .. 'nothing')
local lease = string.format('%.17g', now + tonumber(ARGV[2]) + (micros % 1000 + 0.5) / 1000)
local reply = { lease }
local function ready(set)
  return redis.call('ZRANGEBYSCORE', set, '-inf', now, 'LIMIT', 0, max)
end
local function give(set, ids, limit)
  if limit == 0 then return end
  local chosen = { unpack(ids, 1, limit) }
  local scores, recs = {}, redis.call('HMGET', REC, unpack(chosen))
  for i, id in ipairs(chosen) do
    scores[#scores + 1] = lease
    scores[#scores + 1] = id
    reply[#reply + 1] = id
    reply[#reply + 1] = recs[i]
  end
  redis.call('ZADD', set, 'XX', unpack(scores))
end
-- One in eight is kept for rechecks, so that a long backlog cannot starve them; what either leaves goes to the other.
local looks, rechecks = ready(DUE), ready(PARKED)
local again = math.min(#rechecks, math.max(math.floor(max / 8), max - #looks))
give(PARKED, rechecks, again)
give(DUE, looks, math.min(#looks, max - again))
return reply
`

/**
 * ARGV: six each, by the second one.
 *  - \`c\`: (id, c, verdict, evidence, lag bucket or empty with u for an upper bound, notes by comma)
 *  - a state's code: (id, code, lease or empty, ms until the next look, absentAt or empty, = and reason or empty)
 * Replies closed, stale.
 */
const SETTLE = (limits: Limits): string => `
${closeLua(limits)}
local closed, stale = 0, 0
local function keep(id, code, lease, wait, absent, reason)
  local set, score = find(id)
  if not set or (lease ~= '' and score ~= tonumber(lease)) then return false end
  local to = (code == 'w' or code == 'l') and DUE or PARKED
  if set ~= to then redis.call('ZREM', set, id) end
  redis.call('ZADD', to, now + tonumber(wait), id)
  local state, kind, looks, absentWas, size, reasonWas, rest = string.match(redis.call('HGET', REC, id), RECORD)
  if code == 'l' then add('lateEver', redis.call('SADD', LATE, id)) end
  if code == 'f' and state ~= 'f' then add('failedEver', 1) end
  count(state, -1)
  count(code, 1)
  if lease ~= '' then looks = string.format('%d', tonumber(looks) + 1) end
  if absent == '' then absent = absentWas end
  if reason == '' then reason = reasonWas else reason = string.sub(reason, 2) end
  redis.call('HSET', REC, id, table.concat({ code .. kind .. looks, absent, size, reason, rest }, '|'))
  return true
end
for i = 1, #ARGV, 6 do
  if ARGV[i + 1] == 'c' then
    if close(ARGV[i], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]) then closed = closed + 1 else stale = stale + 1 end
  elseif not keep(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]) then
    stale = stale + 1
  end
end
saveClosed()
flush()
return { closed, stale }
`

/** ARGV: (id, = and reason or empty) each. Replies how many are open. */
const NUDGE = `
local nudged = 0
for i = 1, #ARGV, 2 do
  local set, score = find(ARGV[i])
  if set then
    nudged = nudged + 1
    -- A whole number is no lease: whoever holds one now looked before this news.
    redis.call('ZADD', set, math.floor(math.min(score, now)), ARGV[i])
    if ARGV[i + 1] ~= '' then
      local state, kind, looks, absent, size, _, rest = string.match(redis.call('HGET', REC, ARGV[i]), RECORD)
      local reason = string.sub(ARGV[i + 1], 2)
      redis.call('HSET', REC, ARGV[i], table.concat({ state .. kind .. looks, absent, size, reason, rest }, '|'))
    end
  end
end
return nudged
`

/** ARGV: (id of a permanent delete, 1 where a stranger made it) each. Replies the ids that are new. */
const PURGE = `
local current, previous = generations()
local new = {}
for i = 1, #ARGV, 2 do
  if not isSeen(previous, ARGV[i]) and remember(current, ARGV[i]) then
    new[#new + 1] = ARGV[i]
    add('purged', 1)
    add('tampering', tonumber(ARGV[i + 1]))
  end
end
saveSeen(current)
flush()
return new
`

export type ScriptName =
  | RepairScriptName
  | 'book'
  | 'reopen'
  | 'reconcile'
  | 'arrive'
  | 'take'
  | 'settle'
  | 'nudge'
  | 'purge'
  | 'known'
  | 'due'
  | 'lags'
  | 'history'
  | 'snapshot'
  | 'oldest'
  | 'greatest'
  | 'add'
  | 'lease'
  | 'identity'
  | 'canary'

export type Scripts = Readonly<Record<ScriptName, string>>

/** The sources by name. Each takes one key. */
export function makeScripts(limits: Limits = LIMITS): Scripts {
  const prelude = preludeLua(limits)
  return {
    book: prelude + BOOK,
    reopen: prelude + REOPEN,
    reconcile: prelude + RECONCILE,
    arrive: prelude + ARRIVE(limits),
    take: prelude + TAKE,
    settle: prelude + SETTLE(limits),
    nudge: prelude + NUDGE,
    purge: prelude + PURGE,
    known: prelude + KNOWN,
    due: prelude + DUE,
    lags: prelude + LAGS,
    history: prelude + HISTORY,
    snapshot: prelude + SNAPSHOT,
    oldest: prelude + OLDEST,
    greatest: GREATEST,
    add: ADD,
    lease: LEASE,
    identity: IDENTITY,
    canary: CANARY,
    ...makeRepairScripts(prelude, limits),
  }
}
