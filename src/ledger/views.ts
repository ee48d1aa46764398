/** The scripts that only read. Like those that write (scripts.ts) they begin with prelude.ts. */

/** ARGV: ids. Replies 1 or 0 each. */
export const KNOWN = `
local current, previous = generations()
local known = {}
for i, id in ipairs(ARGV) do
  local is = isSeen(current, id) or isSeen(previous, id) or redis.call('HEXISTS', REC, id) == 1
  known[i] = is and 1 or 0
end
return known
`

/** Replies how many versions are due now. */
export const DUE = `
return redis.call('ZCOUNT', DUE, '-inf', now) + redis.call('ZCOUNT', PARKED, '-inf', now)
`

const MERGE = `
local lags = {}
local function merge(key)
  local flat = redis.call('HGETALL', key)
  for i = 1, #flat, 2 do lags[flat[i]] = (lags[flat[i]] or 0) + tonumber(flat[i + 1]) end
end
local function merged()
  local flat = {}
  for bucket, n in pairs(lags) do
    flat[#flat + 1] = bucket
    flat[#flat + 1] = string.format('%d', n)
  end
  return flat
end
`

/** ARGV: first and last minute since the epoch. Replies [bucket, count, ...]. */
export const LAGS = `
${MERGE}
for minute = tonumber(ARGV[1]), tonumber(ARGV[2]) do merge(BASE .. 'lag:m:' .. string.format('%d', minute)) end
return merged()
`

/**
 * ARGV: m for minutes or h for hours, first and last one since the epoch. Replies slot, [lag bucket, count, ...],
 * [what happened, count, ...] for each slot in which anything did.
 */
export const HISTORY = `
local reply = {}
for slot = tonumber(ARGV[2]), tonumber(ARGV[3]) do
  local name = ARGV[1] .. ':' .. string.format('%d', slot)
  local lags, did = redis.call('HGETALL', BASE .. 'lag:' .. name), redis.call('HGETALL', BASE .. 'did:' .. name)
  if #lags + #did > 0 then
    reply[#reply + 1] = slot
    reply[#reply + 1] = lags
    reply[#reply + 1] = did
  end
end
return reply
`

/**
 * ARGV: 0 leaves the lags out, which are most of the work. Replies counters, |due|, |parked|, early, expired early,
 * oldest event time, incidents, lags of 24 hours, last audit: one moment.
 */
export const SNAPSHOT = `
${MERGE}
local start = now - 86400000
local hour = math.floor(start / 3600000)
if ARGV[1] ~= '0' then
  for minute = math.floor(start / 60000), (hour + 1) * 60 - 1 do merge(BASE .. 'lag:m:' .. string.format('%d', minute)) end
  for later = hour + 1, math.floor(now / 3600000) do merge(BASE .. 'lag:h:' .. string.format('%d', later)) end
end
-- Counted as unannounced even before a writer drops them.
local expired = redis.call('ZCOUNT', EARLY, '-inf', earlyEnd)
return {
  redis.call('HGETALL', N), redis.call('ZCARD', DUE), redis.call('ZCARD', PARKED),
  redis.call('ZCARD', EARLY) - expired, expired,
  redis.call('ZRANGE', BORN, 0, 0, 'WITHSCORES')[2] or '', redis.call('HVALS', BASE .. 'incidents'), merged(),
  redis.call('GET', BASE .. 'audit') or '',
}
`

/** ARGV: first and last rank. Replies id, record, ... oldest first. */
export const OLDEST = `
local ids = redis.call('ZRANGE', BORN, ARGV[1], ARGV[2])
if #ids == 0 then return {} end
local recs, reply = redis.call('HMGET', REC, unpack(ids)), {}
for i, id in ipairs(ids) do
  reply[#reply + 1] = id
  reply[#reply + 1] = recs[i]
end
return reply
`
