/**
 * The scripts of repair: what was tried with open versions, and whose hand they are in. Like the others (scripts.ts)
 * they begin with prelude.ts, move ids and decide nothing.
 */
import { closeLua } from './close.ts'
import type { Limits } from './limits.ts'

/** A version may be driven that is parked as `failed`: a mismatched one needs a person, the others S3's own time. */
const DRIVABLE = `
local function isFailed(id)
  return redis.call('ZSCORE', PARKED, id) and string.sub(redis.call('HGET', REC, id), 1, 1) == 'f'
end
`

/** ARGV: ids. Replies id, record, what was tried or empty, wanted or empty, 1 where a look is due: for each that is open. */
const FIND = `
local reply = {}
local recs = redis.call('HMGET', REC, unpack(ARGV))
local tried, wanted = redis.call('HMGET', TRIED, unpack(ARGV)), redis.call('HMGET', WANTED, unpack(ARGV))
for i, id in ipairs(ARGV) do
  if recs[i] then
    reply[#reply + 1] = id
    reply[#reply + 1] = recs[i]
    reply[#reply + 1] = tried[i] or ''
    reply[#reply + 1] = wanted[i] or ''
    -- A lease is the only score with a fraction.
    local _, score = find(id)
    reply[#reply + 1] = (score <= now or score ~= math.floor(score)) and 1 or 0
  end
end
return reply
`

/** ARGV: token, strategy, ids. Replies the ids that this token has in hand now. */
const CLAIM = `
${DRIVABLE}
local token, strategy, claimed = ARGV[1], ARGV[2], {}
for i = 3, #ARGV do
  local id = ARGV[i]
  if isFailed(id) then
    local tried = redis.call('HGET', TRIED, id) or '0|0|none|0|||'
    local attempts, forgiven, _, _, hand, _, replica = string.match(tried, TRIED_RECORD)
    if hand == '' then
      redis.call('HSET', TRIED, id, table.concat({
        string.format('%d', attempts + 1), forgiven, strategy, string.format('%.0f', now), token, '', replica }, '|'))
      redis.call('SADD', HAND .. token, id)
      redis.call('HDEL', WANTED, id)
      hand = token
    end
    if hand == token then claimed[#claimed + 1] = id end
  end
end
return claimed
`

/** ARGV: token, then (id, = and outcome or empty, = and the replica's id or empty) each. Replies how many it had in hand. */
const UNCLAIM = `
local token, ended = ARGV[1], 0
for i = 2, #ARGV, 3 do
  local id = ARGV[i]
  local tried = redis.call('HGET', TRIED, id)
  if tried and handOf(tried) == token then
    local attempts, forgiven, strategy, at, _, outcome, replica = string.match(tried, TRIED_RECORD)
    if ARGV[i + 1] ~= '' then outcome = string.sub(ARGV[i + 1], 2) end
    if ARGV[i + 2] ~= '' then replica = string.sub(ARGV[i + 2], 2) end
    redis.call('HSET', TRIED, id, table.concat({ attempts, forgiven, strategy, at, '', outcome, replica }, '|'))
    redis.call('SREM', HAND .. token, id)
    -- A whole number is no lease: whoever holds one now looked before the re-drive was over.
    local set, score = find(id)
    redis.call('ZADD', set, math.floor(math.min(score, now)), id)
    ended = ended + 1
  end
end
return ended
`

/** ARGV: who, ids. Replies how many are marked: failed, and in no hand. Attempts stay, and are forgiven. */
const WANT = `
${DRIVABLE}
local marked = 0
for i = 2, #ARGV do
  local id = ARGV[i]
  if isFailed(id) then
    local tried = redis.call('HGET', TRIED, id)
    local attempts, _, strategy, at, hand, outcome, replica = string.match(tried or '0|0|none|0|||', TRIED_RECORD)
    if hand == '' then
      redis.call('HSET', WANTED, id, string.format('%.0f', now) .. '|' .. ARGV[1])
      if tried then
        redis.call('HSET', TRIED, id, table.concat({ attempts, attempts, strategy, at, '', outcome, replica }, '|'))
      end
      marked = marked + 1
    end
  end
end
return marked
`

/** ARGV: (id, JSON) each. Replies how many were closed: only what is parked, whatever it was when a person saw it. */
const DISCARD = (limits: Limits): string => `
${closeLua(limits)}
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', PARKED, ARGV[i]) and close(ARGV[i], 'discarded', 'person', '', '') then
    redis.call('HSET', BASE .. 'discarded', ARGV[i], string.format('%.0f', now) .. '|' .. ARGV[i + 1])
  end
end
saveClosed()
flush()
return #gone
`

/** ARGV: versions, bytes, billionths of a dollar. Replies the three sums of this hour. */
const SPEND = `
local hour = math.floor(now / 3600000)
local spent = BASE .. 'spent:' .. string.format('%d', hour)
local sums = {}
for i, field in ipairs({ 'versions', 'bytes', 'nanodollars' }) do
  sums[i] = redis.call('HINCRBY', spent, field, ARGV[i])
end
redis.call('PEXPIREAT', spent, (hour + 2) * 3600000)
return sums
`

export type RepairScriptName = 'find' | 'claim' | 'unclaim' | 'want' | 'discard' | 'spend'

export function makeRepairScripts(prelude: string, limits: Limits): Readonly<Record<RepairScriptName, string>> {
  return {
    find: prelude + FIND,
    claim: prelude + CLAIM,
    unclaim: prelude + UNCLAIM,
    want: prelude + WANT,
    discard: prelude + DISCARD(limits),
    spend: prelude + SPEND,
  }
}
