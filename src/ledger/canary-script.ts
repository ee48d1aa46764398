/** What the ledger does about a canary: one hash a pair, needs no prelude. */

/**
 * KEYS: the hash. ARGV: `written`, `seen` or `landed`, and the version; an empty one is the last that was written. An event may
 * be read before the write is noted: the last one of each step is kept for it.
 */
export const CANARY = `
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
local step, version = ARGV[1], ARGV[2]
local function apply(what, at)
  redis.call('HSETNX', KEYS[1], what, at)
  redis.call('HDEL', KEYS[1], 'un' .. what)
end
if step == 'written' then
  redis.call('HSET', KEYS[1], 'version', version, 'written', now)
  redis.call('HDEL', KEYS[1], 'seen', 'landed')
  for _, what in ipairs({'seen', 'landed'}) do
    redis.call('HSETNX', KEYS[1], 'un' .. what, now)
    if redis.call('HGET', KEYS[1], 'early:' .. what) == version then
      apply(what, redis.call('HGET', KEYS[1], 'early:' .. what .. ':at'))
    end
  end
  return 1
end
local last = redis.call('HGET', KEYS[1], 'version')
if last and (version == '' or version == last) then apply(step, now) else
  redis.call('HSET', KEYS[1], 'early:' .. step, version, 'early:' .. step .. ':at', now)
end
return 1
`
