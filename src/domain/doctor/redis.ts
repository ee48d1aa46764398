/** Redis, from what INFO says: managed Redis forbids CONFIG. */
import type { CheckedEstate } from './estate.ts'
import { fail, type Finding, pass, say, type Subject, unknown, warn } from './finding.ts'
import type { RedisFacts, Surroundings } from './surroundings.ts'

/** Above it intake waits (app.ts); some time before is the time to know. */
const FULL_SHARE = 0.7
const WARN_SHARE = 0.5

const SUBJECT: Subject = { kind: 'redis', name: 'service.redis', pairs: [] }

export function checkRedis(estate: CheckedEstate, { redis }: Surroundings): readonly Finding[] {
  if (redis === undefined || redis.is === 'absent') return []
  if (redis.is === 'unknown') {
    const { fault } = redis
    return fault.code === 'REDIS_UNREACHABLE'
      ? [fail('redis.reachable', SUBJECT, fault.message, say(fault.hint))]
      : [unknown('redis.reachable', SUBJECT, fault)]
  }
  const nodes = redis.value
  const many = nodes.length > 1
  return nodes.flatMap((facts, index) => {
    const subject = many ? { ...SUBJECT, name: `service.redis, primary ${index + 1}` } : SUBJECT
    return [
      pass('redis.reachable', subject, facts.product),
      version(facts, subject),
      persistence(estate, facts, subject),
      eviction(facts, subject),
      memory(facts, subject),
      role(facts, subject),
    ]
  })
}

function version(facts: RedisFacts, subject: Subject): Finding {
  const [major = 0, minor = 0] = facts.version.split('.').map(Number)
  const atLeast = (wanted: number, minorWanted: number): boolean =>
    major > wanted || (major === wanted && minor >= minorWanted)
  if (!atLeast(6, 2))
    return fail(
      'redis.version',
      subject,
      `${facts.product} is older than 6.2`,
      say('Upgrade it to Redis 7.2, or Valkey.'),
    )
  if (atLeast(7, 2)) return pass('redis.version', subject, `${facts.product}, with WAITAOF`)
  return pass(
    'redis.version',
    subject,
    `${facts.product}, without WAITAOF: durability sync rests on appendfsync always`,
  )
}

function persistence({ service }: CheckedEstate, facts: RedisFacts, subject: Subject): Finding {
  const { durability } = service.redis
  const forgets = durability === 'window' ? '; durability is window: a failover may forget the last 2 seconds' : ''
  if (!facts.appendOnly) {
    const said = `it has no append-only file (aof_enabled:0)${forgets}`
    const mend = say(
      'Switch it on (appendonly yes, appendfsync always), or where it is managed its own: MemoryDB, or ElastiCache with AOF.',
    )
    return (durability === 'sync' ? fail : warn)('redis.persistence', subject, said, mend)
  }
  if (!facts.appendOnlyWell) {
    const mend = say('Is its disk full or broken? `redis-cli info persistence` tells.')
    return fail('redis.persistence', subject, 'its last write to the append-only file failed', mend)
  }
  return pass('redis.persistence', subject, `append-only file${forgets}`)
}

function eviction({ eviction: policy, maxMemory, evictedKeys }: RedisFacts, subject: Subject): Finding {
  const mend = say(
    'Set its maxmemory-policy to noeviction (where it is managed: in its parameter group), and audit: `landfall audit --repair`.',
  )
  if (policy !== 'noeviction' && maxMemory > 0)
    return fail(
      'redis.eviction',
      subject,
      `maxmemory-policy is ${policy}: it drops the ledger's keys when it is full`,
      mend,
    )
  if (evictedKeys > 0)
    return warn('redis.eviction', subject, `it has evicted ${evictedKeys} keys since it started`, mend)
  if (policy !== 'noeviction')
    return warn(
      'redis.eviction',
      subject,
      `maxmemory-policy is ${policy}; only that it has no limit keeps it from dropping keys`,
      mend,
    )
  return pass('redis.eviction', subject, 'noeviction')
}

function memory({ maxMemory, usedMemory }: RedisFacts, subject: Subject): Finding {
  if (maxMemory === 0) return pass('redis.memory', subject, `${mib(usedMemory)} used, without a limit of its own`)
  const share = usedMemory / maxMemory
  const said = `${Math.round(share * 100)} % of ${mib(maxMemory)} is used`
  const mend = say('Raise maxmemory, or find out by `landfall status` why so much is open.')
  if (share > FULL_SHARE) return fail('redis.memory', subject, said, mend)
  return share > WARN_SHARE ? warn('redis.memory', subject, said, mend) : pass('redis.memory', subject, said)
}

function role({ role: is, replicas }: RedisFacts, subject: Subject): Finding {
  if (is !== 'master') {
    const mend = say('Name the primary (of ElastiCache its primary endpoint) in service.redis.url, or REDIS_URL.')
    return fail('redis.role', subject, `it is a ${is}`, mend)
  }
  return pass(
    'redis.role',
    subject,
    replicas === 0 ? 'a primary without replicas' : `a primary with ${replicas} replicas`,
  )
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
