import type { Limits } from './limits.ts'
import { seenLua } from './seen.ts'

/**
 * Lua that every script of a pair begins with: key names, Redis' own clock, counters, records.
 *
 * KEYS[1] is what all keys of the pair begin with. Counters are added up in `counts` and written by `flush`, once a
 * field. Numbers reach Redis by `%.0f` where they may pass 10^14, since Lua would write them as `1e+14`.
 */
export function preludeLua(limits: Limits): string {
  return `
local BASE = KEYS[1]
local DUE, PARKED, REC, BORN, LATE = BASE .. 'due', BASE .. 'parked', BASE .. 'rec', BASE .. 'born', BASE .. 'late'
local N, EARLY, EARLY_REC = BASE .. 'n', BASE .. 'early', BASE .. 'early:rec'
local TRIED, WANTED, HAND = BASE .. 'tried', BASE .. 'wanted', BASE .. 'hand:'

local clock = redis.call('TIME')
local micros = tonumber(clock[2])
local now = tonumber(clock[1]) * 1000 + math.floor(micros / 1000)

local counts = {}
local function add(field, by)
  counts[field] = (counts[field] or 0) + by
end
-- What happened in this minute and this hour (\`rates\`): the same counts as in N, for those that only grow.
local RATED = { received = true, reopened = true, lateEver = true, failedEver = true }
local function rate(fields, key, lifetime)
  for field, by in pairs(fields) do redis.call('HINCRBY', key, field, string.format('%.0f', by)) end
  redis.call('PEXPIREAT', key, now + lifetime)
end
local function flush()
  local rated, any = {}, false
  for field, by in pairs(counts) do
    if by ~= 0 then
      redis.call('HINCRBY', N, field, string.format('%.0f', by))
      if RATED[field] or string.sub(field, 1, 2) == 'v:' then
        rated[field] = by
        any = true
      end
    end
  end
  if not any then return end
  rate(rated, BASE .. 'did:m:' .. string.format('%d', math.floor(now / 60000)), ${limits.lagMinutesMs})
  rate(rated, BASE .. 'did:h:' .. string.format('%d', math.floor(now / 3600000)), ${limits.lagHoursMs})
end

-- The form of a record: record.ts. Those parts that scripts read or change come first.
local RECORD = '^(.)(.)(%d*)|(%w*)|(%d*)|([^|]*)|(.*)$'
local function sizeOf(rec)
  return tonumber(string.match(rec, '^..%d*|%w*|(%d+)') or 0)
end

-- The form of what was tried: tried.ts.
local TRIED_RECORD = '^(%d+)|(%d+)|(%w+)|(%d+)|([^|]*)|([^|]*)|([^|]*)$'
local function handOf(tried)
  local _, _, _, _, token = string.match(tried, TRIED_RECORD)
  return token
end

-- Of the four states only these two are counted: the others are what is left of |due| and |parked|.
local COUNTED = { l = 'late', m = 'mismatched' }
local function count(state, by)
  if COUNTED[state] then add(COUNTED[state], by) end
end

-- Which of the two sets holds an open id, and its score there; nothing for one that is not open.
local function find(id)
  local score = redis.call('ZSCORE', DUE, id)
  if score then return DUE, tonumber(score) end
  score = redis.call('ZSCORE', PARKED, id)
  if score then return PARKED, tonumber(score) end
end

-- Arrivals that nothing claimed in time: dropped, and counted.
local function dropEarly(ids)
  if #ids == 0 then return end
  redis.call('ZREM', EARLY, unpack(ids))
  redis.call('HDEL', EARLY_REC, unpack(ids))
  add('unannounced', #ids)
end
local earlyEnd = now - ${limits.earlyMs}
local function expireEarly()
  dropEarly(redis.call('ZRANGEBYSCORE', EARLY, '-inf', earlyEnd, 'LIMIT', 0, 500))
end
local function claimEarly(id)
  local time = redis.call('ZSCORE', EARLY, id)
  if not time or tonumber(time) <= earlyEnd then return nil end
  local arrival = redis.call('HGET', EARLY_REC, id)
  redis.call('ZREM', EARLY, id)
  redis.call('HDEL', EARLY_REC, id)
  return arrival
end
${seenLua(limits)}`
}
