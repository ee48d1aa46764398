import { fc } from '../../support/fc.ts'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { passwordsIn, secretsOf } from '../../../src/config/redact.ts'
import { makeScrub } from '../../../src/domain/scrub.ts'
import { traceOf } from '../../../src/domain/trace.ts'
import { makeLog } from '../../../src/log.ts'
import { makeLogSteps } from '../../../src/telemetry/log-steps.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate } from '../../support/small-estate.ts'

function logInto(secrets: readonly string[] = []) {
  const lines: string[] = []
  const to = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  return { log: makeLog({ level: 'debug', pretty: false, to, secrets }), text: () => lines.join('') }
}

const SECRET = 'aVery/Secret+Thing=1'

describe('what is redacted', () => {
  it.each([
    ['a connection string of Redis', `connect to redis://default:${SECRET}@cache.example:6379 failed`],
    ['one of PostgreSQL', `postgres://landfall:${SECRET}@db:5432/app: no route`],
    ['one without a user', `redis://:${SECRET}@cache:6379`],
    ['a conninfo', `connection "host=db password=${SECRET} user=x" failed`],
    ['a quoted conninfo', `host=db password='it''s ${SECRET}' user=x`],
    ['a bearer', `Authorization: Bearer ${SECRET}`],
    ['a signature', `https://b.s3.amazonaws.com/k?X-Amz-Date=20260101&X-Amz-Signature=${SECRET}&x=1`],
    ['a session token', `https://b.s3.amazonaws.com/k?X-Amz-Security-Token=${SECRET}`],
    ['a signature of version 2', `https://b.s3.amazonaws.com/k?AWSAccessKeyId=x&Signature=${SECRET}`],
    ['credentials as JSON', JSON.stringify({ secretAccessKey: SECRET })],
    ['credentials as JSON in a text', `answered ${JSON.stringify({ SessionToken: SECRET, Expiration: 'x' })}`],
  ])('%s, in messages, causes and fields alike', (_name, text) => {
    const { log, text: written } = logInto()
    const error = new Error(`outer: ${text}`, { cause: new Error(`inner: ${text}`, { cause: new Error(text) }) })
    log.error({ err: error, error: text, reasons: [text], deep: { deeper: { deepest: text } } }, 'static')
    expect(written()).not.toContain(SECRET)
    expect(written()).toContain('[redacted]')
    // Still one line of JSON, with what stood around it.
    expect(JSON.parse(written())).toMatchObject({ level: 'error', msg: 'static' })
  })

  it.each(['password', 'url', 'token', 'authorization', 'sessionToken', 'externalId', 'secretAccessKey'])(
    'the field %s',
    (field) => {
      const { log, text } = logInto()
      log.info({ [field]: SECRET, inner: { [field]: SECRET } }, 'static')
      expect(text()).not.toContain(SECRET)
    },
  )

  it("the estate's own secrets, wherever they stand and however they are escaped", () => {
    const base = smallEstate({ pairs: [] })
    const estate = {
      ...base,
      accounts: { main: { name: 'main', id: '111111111111', externalId: 'ext-"quoted"-7f3a' } },
      service: { ...base.service, redis: { ...base.service.redis, url: 'redis://u:p%40ss-word@cache:6379' } },
    }
    const { log, text } = logInto(secretsOf(estate))
    log.warn({ why: 'AccessDenied for ext-"quoted"-7f3a', other: 'p@ss-word', raw: 'p%40ss-word' }, 'static')
    expect(text()).not.toMatch(/quoted|ss-word/)
    expect(() => JSON.parse(text()) as unknown).not.toThrow()
  })

  it("a database's password, as its URL writes it and as it is meant", () => {
    expect(passwordsIn('postgresql://u:p%40ss-word@db/x')).toEqual(['p%40ss-word', 'p@ss-word'])
    expect(passwordsIn('postgresql://u@db/x?password=in-the-query')).toContain('in-the-query')
    expect(passwordsIn('host=db dbname=x')).toEqual([])
  })

  it('an external id that is made of words hides none of the names that it stands in', () => {
    const base = smallEstate({ pairs: [] })
    const accounts = { main: { name: 'main', id: '111111111111', externalId: 'landfall-production' } }
    const { log, text } = logInto(secretsOf({ ...base, accounts }))
    log.info({ bucket: 'digitalmarketplace-landfall-production' }, 'landfall runs')
    expect(JSON.parse(text())).toMatchObject({
      bucket: 'digitalmarketplace-landfall-production',
      msg: 'landfall runs',
    })
  })

  it('access key ids', () => {
    expect(makeScrub()('signed by AKIAIOSFODNN7EXAMPLE.')).toBe('signed by AKIA[redacted].')
  })

  it('leaves alone what is no secret', () => {
    const scrub = makeScrub(['', 'ab'])
    for (const text of [
      's3://bucket/key@2x.png',
      'https://sqs.eu-west-2.amazonaws.com/111111111111/q',
      'redis://cache:6379/0',
      'documents/token=s/1.pdf'.replace('token=s', 'tokens'),
      'arn:aws:s3:::bucket',
    ])
      expect(scrub(text)).toBe(text)
  })

  it.each([
    ['a quote', { password: `${SECRET}"and-its-tail` }],
    ['a backslash', { secretAccessKey: `${SECRET}\\and-its-tail` }],
  ])('all of a secret with %s in it, as JSON and as JSON in a text', (_name, credentials) => {
    const { log, text } = logInto()
    log.error({ deep: { deeper: { deepest: credentials } }, said: `answered ${JSON.stringify(credentials)}` }, 'static')
    expect(text()).not.toContain('and-its-tail')
    expect(JSON.parse(text())).toMatchObject({ msg: 'static', said: expect.stringContaining('answered {') as string })
  })

  it('takes nothing of the fields beside it, whatever a key says; the line stays JSON', () => {
    const words = [
      'authorization',
      'token',
      'password',
      'secretAccessKey',
      'Bearer ',
      ':',
      '=',
      ' ',
      '"',
      "'",
      '\\',
      'x:',
      '@',
      '//',
    ]
    const hostile = fc.array(fc.constantFrom(...words, 'a'), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(hostile, hostile, (key, other) => {
        const { log, text } = logInto()
        log.info({ key, versionId: 'the-version', other, trace: 'the-trace' }, "it's static")
        expect(JSON.parse(text())).toMatchObject({ versionId: 'the-version', trace: 'the-trace', msg: "it's static" })
      }),
      { numRuns: 2000 },
    )
  })

  it('known secrets, whatever text is around them; the line stays JSON', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 6 }), (before, after, secret) => {
        fc.pre(!'[redacted]'.includes(secret))
        const { log, text } = logInto([secret])
        log.info({ said: `${before}${secret}${after}` }, 'm')
        const { said } = JSON.parse(text()) as { said: string }
        // What is put together anew by the cut is no secret that was written.
        expect(said.split('[redacted]').join('\0')).not.toContain(secret)
      }),
    )
  })
})

describe('steps in the log', () => {
  const settlement = (to: 'park' | 'wait') => [{ id: '7', attributes: { to } }]

  it('are at debug, sampled by the trace: all steps of a version, or none', async () => {
    const log = recordingLog()
    const steps = makeLogSteps({ log, share: 0.2 })
    const ids = Array.from({ length: 500 }, (_, n) => String(n))
    for (const step of ['book', 'settle'] as const) {
      await steps.all(
        step,
        'p',
        ids.map((id) => ({ id })),
        async () => {},
      )
    }
    expect(new Set(log.lines.map(({ level }) => level))).toEqual(new Set(['debug']))
    const byMessage = Map.groupBy(log.lines, ({ message }) => message)
    const told = (message: string) => byMessage.get(message)!.map(({ ids }) => (ids as { version: string }).version)
    expect(told('booked')).toEqual(told('settled'))
    expect(told('booked').length).toBeGreaterThan(50)
    expect(told('booked').length).toBeLessThan(200)
    for (const { ids } of log.lines) {
      const { version, trace, pair } = ids as { version: string; trace: string; pair: string }
      expect([trace, pair]).toEqual([traceOf(version).trace, 'p'])
    }
  })

  it('tell of every version that fails, and nothing of what failed to be written', async () => {
    const log = recordingLog()
    const steps = makeLogSteps({ log, share: 0 })
    await steps.all('settle', 'p', settlement('wait'), async () => {})
    expect(log.lines).toEqual([])
    await steps.all('settle', 'p', settlement('park'), async () => {})
    expect(log.lines).toHaveLength(1)
    await expect(
      steps.all('settle', 'p', settlement('park'), async () => Promise.reject(new Error('down'))),
    ).rejects.toThrow('down')
    expect(log.lines).toHaveLength(1)
  })
})
