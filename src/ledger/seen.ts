import type { Limits } from './limits.ts'

/**
 * Lua: every id ever booked, in 9 to 10 bytes each at any size.
 *
 * A generation is a counter (`seen:<generation>`) and shards (`seen:<generation>:<shard>`), sets of integers chosen by
 * the id's last twelve decimal digits. Shards are split one at a time as the generation grows (linear hashing), so a
 * shard holds 160 to 320 ids whether there are a thousand or a hundred million: full enough that a key's own ~130
 * bytes hardly count, and small enough to stay an intset. Ids are hashes, so their last digits are uniform.
 *
 * Only the last twelve digits ever become a Lua number (a double: exact below 2^53); ids stay strings.
 */
export function seenLua(limits: Limits): string {
  return `
local function generation(index)
  local name = BASE .. 'seen:' .. string.format('%d', index)
  local count = tonumber(redis.call('GET', name) or '0')
  local shards = math.floor(count / ${limits.shardLoad}) + 1
  local half = 1
  while half * 2 <= shards do half = half * 2 end
  return { name = name, count = count, saved = count, shards = shards, half = half,
    ends = (index + 2) * ${limits.generationMs} }
end

local function shardKey(seen, shard)
  return seen.name .. ':' .. string.format('%d', shard)
end

local function digits(id)
  return tonumber(string.sub(id, -12))
end

local function shardOf(seen, id)
  local shard = digits(id) % (2 * seen.half)
  if shard >= seen.shards then shard = shard - seen.half end
  return shardKey(seen, shard)
end

local function isSeen(seen, id)
  return seen.count > 0 and redis.call('SISMEMBER', shardOf(seen, id), id) == 1
end

local function split(seen)
  local wide = 2 * seen.half
  local from, to = shardKey(seen, seen.shards - seen.half), shardKey(seen, seen.shards)
  local moved = {}
  for _, id in ipairs(redis.call('SMEMBERS', from)) do
    if digits(id) % wide == seen.shards then moved[#moved + 1] = id end
  end
  if #moved > 0 then
    redis.call('SADD', to, unpack(moved))
    redis.call('SREM', from, unpack(moved))
  end
  redis.call('PEXPIREAT', from, seen.ends)
  redis.call('PEXPIREAT', to, seen.ends)
  seen.shards = seen.shards + 1
  if seen.shards == wide then seen.half = wide end
end

-- True when the id is new to this generation.
local function remember(seen, id)
  local shard = shardOf(seen, id)
  if redis.call('SADD', shard, id) == 0 then return false end
  seen.count = seen.count + 1
  -- The first shard; all others are made by a split, which sets when both expire.
  if seen.count == 1 then redis.call('PEXPIREAT', shard, seen.ends) end
  if seen.count >= seen.shards * ${limits.shardLoad} then split(seen) end
  return true
end

local function saveSeen(seen)
  if seen.count ~= seen.saved then redis.call('SET', seen.name, seen.count, 'PXAT', seen.ends) end
end

local function generations()
  local index = math.floor(now / ${limits.generationMs})
  return generation(index), generation(index - 1)
end
`
}
