/**
 * Lua: how an open version closes, shared by `settle` and `discard`. All that the ledger keeps of an open version goes
 * with it, what was tried and the hand that has it included.
 */
import type { Limits } from './limits.ts'

export function closeLua(limits: Limits): string {
  return `
local gone, lags, lagged = {}, {}, false
local function close(id, verdict, evidence, lag, notes)
  if redis.call('ZREM', DUE, id) == 0 and redis.call('ZREM', PARKED, id) == 0 then return false end
  local rec = redis.call('HGET', REC, id)
  gone[#gone + 1] = id
  count(string.sub(rec, 1, 1), -1)
  add('bytes', -sizeOf(rec))
  add('v:' .. verdict, 1)
  add('e:' .. evidence, 1)
  for note in string.gmatch(notes, '[^,]+') do add('note:' .. note, 1) end
  if lag ~= '' then
    local bucket, upper = string.gsub(lag, 'u', '')
    lags[bucket] = (lags[bucket] or 0) + 1
    lags.upper = (lags.upper or 0) + upper
    lagged = true
  end
  return true
end
-- Nothing was tried with most versions of most pairs: one question a call then.
local function forgetTried()
  redis.call('HDEL', WANTED, unpack(gone))
  if redis.call('EXISTS', TRIED) == 0 then return end
  for i, tried in ipairs(redis.call('HMGET', TRIED, unpack(gone))) do
    local token = tried and handOf(tried)
    if token and token ~= '' then redis.call('SREM', HAND .. token, gone[i]) end
  end
  redis.call('HDEL', TRIED, unpack(gone))
end
local function saveLags()
  local function record(key, lifetime)
    for bucket, n in pairs(lags) do
      if n > 0 then redis.call('HINCRBY', key, bucket, n) end
    end
    redis.call('PEXPIREAT', key, now + lifetime)
  end
  record(BASE .. 'lag:m:' .. string.format('%d', math.floor(now / 60000)), ${limits.lagMinutesMs})
  record(BASE .. 'lag:h:' .. string.format('%d', math.floor(now / 3600000)), ${limits.lagHoursMs})
end
local function saveClosed()
  if #gone > 0 then
    redis.call('HDEL', REC, unpack(gone))
    redis.call('ZREM', BORN, unpack(gone))
    redis.call('SREM', LATE, unpack(gone))
    forgetTried()
  end
  if lagged then saveLags() end
end
`
}
