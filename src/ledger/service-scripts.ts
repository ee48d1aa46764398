/** The scripts on one key each that belongs to the whole service; they need no prelude. */

/** KEYS: a hash. ARGV: (field, number) each: kept where greater. */
export const GREATEST = `
for i = 1, #ARGV, 2 do
  if tonumber(ARGV[i + 1]) > tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0') then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return 1
`

/** KEYS: a hash. ARGV: (field, number) each: added. */
export const ADD = `
for i = 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
`

/** KEYS: the lease. ARGV: holder, ms. Replies 1 when the holder has it. */
export const LEASE = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`

/** KEYS: a hash. ARGV: a name, or empty. Replies the ledger's name, when it began, and what was before it. */
export const IDENTITY = `
if ARGV[1] ~= '' and redis.call('HSETNX', KEYS[1], 'id', ARGV[1]) == 1 then
  local clock = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'since', string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000)))
end
return redis.call('HMGET', KEYS[1], 'id', 'since', 'before')
`
