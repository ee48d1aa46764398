import { describe, expect, it } from 'vitest'
import { type ErrorCode, LandfallError } from '../../../src/domain/errors.ts'
import { redisError } from '../../../src/domain/redis-errors.ts'

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' })
}

describe('redisError', () => {
  it.each<[ErrorCode, Error]>([
    ['REDIS_REFUSED', reply('NOAUTH Authentication required.')],
    ['REDIS_REFUSED', reply('WRONGPASS invalid username-password pair or user is disabled.')],
    ['REDIS_REFUSED', reply("NOPERM User landfall has no permissions to run the 'evalsha' command")],
    ['REDIS_FULL', reply("OOM command not allowed when used memory > 'maxmemory'. script: 8d1, on @user_script:1.")],
    ['REDIS_UNREACHABLE', reply('LOADING Redis is loading the dataset in memory')],
    ['REDIS_UNREACHABLE', reply("READONLY You can't write against a read only replica.")],
    ['REDIS_UNREACHABLE', reply('CLUSTERDOWN The cluster is down')],
    ['REDIS_UNREACHABLE', reply('MISCONF Errors writing to the AOF file: No space left on device')],
    ['REDIS_UNREACHABLE', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' })],
    ['REDIS_UNREACHABLE', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['REDIS_UNREACHABLE', new Error('Command timed out')],
    ['REDIS_UNREACHABLE', new Error('Connection is closed.')],
    ['REDIS_UNREACHABLE', new Error('None of startup nodes is available')],
    [
      'REDIS_UNREACHABLE',
      new Error('Too many Cluster redirections. Last error: ReplyError: MOVED 7254 127.0.0.1:46729'),
    ],
    ['REDIS_UNREACHABLE', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })],
    // Redis 6.2: what a command inside a script answered comes wrapped.
    [
      'REDIS_FULL',
      reply('ERR Error running script (call to f_8d1): @user_script:27: @user_script: 27: -OOM command not allowed'),
    ],
    [
      'REDIS_UNREACHABLE',
      reply("ERR Error running script (call to f_8d1): @user_script:27: -READONLY You can't write"),
    ],
    ['INTERNAL', new Error('Missing lock for job verify-1')],
    ['INTERNAL', reply('ERR user_script:12: attempt to index a nil value')],
    ['INTERNAL', reply('WRONGTYPE Operation against a key holding the wrong kind of value')],
  ])('%s: %s', (code, error) => {
    const mapped = redisError(error, 'book')
    expect(mapped).toMatchObject({ code, cause: error })
    expect(mapped.message.startsWith('redis: book: ')).toBe(true)
    expect(error.message).toContain(mapped.message.slice('redis: book: '.length))
  })

  it('looks behind what a cluster says, and leaves our own errors alone', () => {
    const all = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: reply('NOAUTH no') })
    expect(redisError(all, 'connect').code).toBe('REDIS_REFUSED')
    const both = new AggregateError([new Error('connect ECONNREFUSED ::1:6379')])
    expect(redisError(both).code).toBe('REDIS_UNREACHABLE')
    const ours = new LandfallError('REDIS_FULL', 'full')
    expect(redisError(ours, 'book')).toBe(ours)
  })
})
