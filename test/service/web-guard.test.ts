/** Who may read and who may order: tokens, origins, names of hosts, kinds of bodies. */
import { describe, expect, it, test } from 'vitest'
import { isLoopback } from '../../src/config/loopback.ts'
import { TOKEN, webWorld } from '../support/web-world.ts'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const READS = [
  '/api/about',
  '/api/status',
  '/api/pairs',
  '/api/failures',
  '/api/failures/versions?pair=documents',
  '/api/incidents',
  '/api/redrives',
  '/api/dead-letters',
  '/api/queues',
  '/api/audits',
  '/api/alarms',
  '/api/acts',
  '/api/history',
  '/status',
]
const ORDERS = ['/api/failures/redrive', '/api/failures/discard', '/api/incidents/probe']

describe('reads', () => {
  it('are open on loopback', async () => {
    const { server } = await webWorld({ token: undefined })
    for (const url of READS) expect((await server.inject({ url })).statusCode, url).toBe(200)
  })

  it('are refused there to a name that is not of this machine, as DNS rebinding gives it', async () => {
    const { server } = await webWorld()
    for (const url of [...READS, '/api/events']) {
      const answer = await server.inject({ url, headers: { host: 'evil.example:9320' } })
      expect(answer.statusCode, url).toBe(401)
      expect(answer.json()).toMatchObject({ code: 'TOKEN_NEEDED' })
    }
    const bare = await webWorld({ token: undefined })
    const answer = await bare.server.inject({ url: '/api/pairs', headers: { host: 'evil.example' } })
    expect(answer.statusCode).toBe(403)
  })

  it("are refused to another site's page", async () => {
    const { server } = await webWorld()
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      const answer = await server.inject({ url: '/api/pairs', headers: { ...headers, ...bearer(TOKEN) } })
      expect(answer.statusCode).toBe(403)
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  it('need the token elsewhere, and are nobody’s where there is none', async () => {
    const { server } = await webWorld({ host: '0.0.0.0', token: TOKEN })
    for (const url of [...READS, '/api/events']) {
      expect((await server.inject({ url })).statusCode, url).toBe(401)
      expect((await server.inject({ url, headers: bearer('wrong-wrong-wrong') })).statusCode, url).toBe(401)
    }
    for (const url of READS) expect((await server.inject({ url, headers: bearer(TOKEN) })).statusCode, url).toBe(200)
    const bare = await webWorld({ host: '0.0.0.0', token: undefined })
    for (const url of READS) expect((await bare.server.inject({ url })).statusCode, url).toBe(403)
  })

  it('leave health, metrics and the empty page open', async () => {
    const { server } = await webWorld({ host: '0.0.0.0', token: undefined })
    for (const url of ['/livez', '/readyz', '/metrics', '/', '/page/main.js', '/page/style.css', '/page/uplot.js'])
      expect((await server.inject({ url })).statusCode, url).toBe(200)
    for (const url of ['/page/../server.ts', '/page/tsconfig.json', '/package.json', '/page/%2e%2e/guard.ts'])
      expect((await server.inject({ url })).statusCode, url).toBe(404)
  })
})

describe('orders', () => {
  const order = { pair: 'documents', by: 'me', reason: 'ReplicationFailed', because: 'test' }

  it('are off where no token is set', async () => {
    const { order: give } = await webWorld({ token: undefined })
    for (const url of ORDERS) {
      const answer = await give(url, order)
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toMatchObject({ code: 'ORDERS_OFF' })
    }
  })

  it.each([
    ['no token', 401, { authorization: '' }],
    ['another token', 401, bearer('another-token-of-no-use')],
    ['the token as a password', 401, { authorization: `Basic ${btoa(`me:${TOKEN}`)}` }],
    ['a foreign origin', 403, { origin: 'https://evil.example' }],
    ['an origin of another port', 403, { host: 'localhost:9320', origin: 'http://localhost:9321' }],
    ['an opaque origin', 403, { origin: 'null' }],
    ['another site', 403, { 'sec-fetch-site': 'cross-site' }],
    ['a sister site', 403, { 'sec-fetch-site': 'same-site' }],
    ['a form', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['plain text', 415, { 'content-type': 'text/plain' }],
    ['no type', 415, { 'content-type': '' }],
  ])('are refused with %s', async (_what, status, headers) => {
    const { order: give, fail, ledger } = await webWorld()
    await fail('documents', ['a'])
    for (const url of ORDERS) expect((await give(url, order, headers)).statusCode, url).toBe(status)
    expect(await ledger.acts(10)).toEqual([])
    expect((await ledger.wanted('documents', { limit: 10 })).versions).toEqual([])
    expect(await ledger.snapshot('documents')).toMatchObject({ open: { failed: 1 } })
  })

  it('come only by POST', async () => {
    const { server } = await webWorld()
    for (const url of ORDERS)
      for (const method of ['GET', 'PUT', 'DELETE'] as const)
        expect((await server.inject({ method, url, headers: bearer(TOKEN) })).statusCode).toBeOneOf([404, 415])
  })

  it.each([
    ['no JSON', '{'],
    ['a list', []],
    ['no pair', { by: 'me' }],
    ['an unknown pair', { pair: 'nobody', by: 'me' }],
    ['an unknown key', { pair: 'documents', by: 'me', all: true }],
    ['nobody', { pair: 'documents', by: '  ' }],
    ['a name that steers a terminal', { pair: 'documents', by: 'me\u001B[2J' }],
    ['a long name', { pair: 'documents', by: 'x'.repeat(65) }],
    ['a long key', { pair: 'documents', by: 'me', key: 'x'.repeat(1025) }],
  ])('are refused with %s', async (_what, body) => {
    const { order: give, ledger } = await webWorld()
    for (const url of ORDERS) expect((await give(url, body)).statusCode, url).toBe(400)
    expect((await give(ORDERS[0]!, { ...order, key: 'x'.repeat(20_000) })).statusCode).toBe(413)
    expect(await ledger.acts(10)).toEqual([])
  })

  it('discard no whole pair, and nothing without a reason', async () => {
    const { order: give, fail, ledger } = await webWorld()
    await fail('documents', ['a'])
    expect((await give(ORDERS[1]!, { pair: 'documents', by: 'me', because: 'x' })).statusCode).toBe(400)
    expect((await give(ORDERS[1]!, { pair: 'documents', by: 'me', key: 'a', because: ' ' })).statusCode).toBe(400)
    expect(await ledger.snapshot('documents')).toMatchObject({ open: { failed: 1 } })
  })
})

test('every answer forbids what the page does not need', async () => {
  const { server } = await webWorld()
  for (const url of ['/', '/page/main.js', '/api/pairs', '/api/nothing', '/livez']) {
    const { headers } = await server.inject({ url })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
  }
})

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['', false],
])('%s: loopback %s', (host, is) => {
  expect(isLoopback(host)).toBe(is)
})
