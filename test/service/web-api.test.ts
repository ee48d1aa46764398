/** What the API answers, and what the events say: paged, typed, from one poll however many pages are open. */
import { describe, expect, it, onTestFinished, test, vi } from 'vitest'
import type { FailurePage, FailuresView, Totals } from '../../src/web/api.ts'
import type { Series } from '../../src/domain/history.ts'
import { HOSTILE, TOKEN, webWorld } from '../support/web-world.ts'

describe('failures', () => {
  it('are counted by cause, largest first, in pages', async () => {
    const { server, fail } = await webWorld()
    await fail('documents', ['a', 'b', 'c'])
    await fail('documents', ['d'], 'DstVersionNotFound')
    await fail('agreements', ['a', 'b'])
    const all = (await server.inject({ url: '/api/failures' })).json<FailuresView>()
    expect(all).toMatchObject({ versions: 6, more: 0 })
    expect(all.groups.map(({ pair, reason, versions }) => [pair, reason, versions])).toEqual([
      ['documents', 'ReplicationFailed', 3],
      ['agreements', 'ReplicationFailed', 2],
      ['documents', 'DstVersionNotFound', 1],
    ])
    expect(all.groups[0]).toMatchObject({ by: 'landfall', hint: expect.stringContaining('FAILED'), bytes: 300 })
    const page = (await server.inject({ url: '/api/failures?offset=1&limit=1' })).json<FailuresView>()
    expect(page.groups.map(({ pair }) => pair)).toEqual(['agreements'])
    expect(page.more).toBe(1)
    const one = (await server.inject({ url: '/api/failures?pair=agreements' })).json<FailuresView>()
    expect(one).toMatchObject({ versions: 2, more: 0 })
  })

  it('are listed version by version, each once, however many there are', async () => {
    const { server, fail } = await webWorld()
    const keys = Array.from({ length: 1_200 }, (_, n) => `key-${n}`)
    await fail('documents', keys)
    await fail('documents', ['rare'], 'DstVersionNotFound')
    for (const [query, wanted] of [
      ['', [...keys, 'rare']],
      ['&reason=DstVersionNotFound', ['rare']],
    ] as const) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const from = cursor === undefined ? '' : `&cursor=${cursor}`
        const answer = await server.inject({ url: `/api/failures/versions?pair=documents${query}${from}` })
        const page = answer.json<FailurePage>()
        seen.push(...page.versions.map(({ version }) => version.key))
        cursor = page.cursor
      } while (cursor !== undefined)
      expect(new Set(seen)).toEqual(new Set(wanted))
      expect(seen).toHaveLength(wanted.length)
    }
  })

  it.each(['?limit=501', '?limit=-1', '?pair=nobody', '?offset=x', '?surprise=1'])('refuse %s', async (query) => {
    const { server } = await webWorld()
    expect((await server.inject({ url: `/api/failures${query}` })).statusCode).toBe(400)
  })
})

describe('orders', () => {
  it('re-drive by cause, and are kept with who gave them', async () => {
    const { order, fail, ledger } = await webWorld()
    await fail('documents', ['a', 'b'])
    await fail('documents', ['c'], 'DstVersionNotFound')
    const answer = await order('/api/failures/redrive', { pair: 'documents', reason: 'ReplicationFailed', by: 'Ada' })
    expect(answer.json()).toEqual({ done: 2 })
    expect((await ledger.wanted('documents', { limit: 10 })).versions).toHaveLength(2)
    expect(await ledger.acts(10)).toMatchObject([
      { who: 'Ada (page, 127.0.0.1)', what: 'redrive', pair: 'documents', count: 2 },
    ])
  })

  it('discard by key, with the reason', async () => {
    const { order, fail, ledger } = await webWorld()
    await fail('documents', ['a', 'b'])
    const because = 'test uploads'
    const answer = await order('/api/failures/discard', { pair: 'documents', key: 'a', by: 'Ada', because })
    expect(answer.json()).toEqual({ done: 1 })
    expect(await ledger.snapshot('documents')).toMatchObject({ open: { failed: 1 }, closed: { discarded: 1 } })
    expect(await ledger.acts(1)).toMatchObject([{ what: 'discard', reason: because }])
  })

  it('let the probe of an incident go at once', async () => {
    const { order, ledger } = await webWorld()
    const nextProbeAt = Date.now() + 3_600_000
    await ledger.saveIncident('documents', { reason: 'DstBucketNotFound', since: 1, probes: 0, nextProbeAt })
    const answer = await order('/api/incidents/probe', { pair: 'documents', reason: 'DstBucketNotFound', by: 'Ada' })
    expect(answer.json()).toEqual({ done: 1, busy: [] })
    expect((await ledger.incidents('documents'))[0]!.nextProbeAt).toBeLessThanOrEqual(Date.now())
  })
})

test('the history is the same by minutes and by hours, of one pair and of all', async () => {
  const { server, fail } = await webWorld()
  await fail('documents', ['a', 'b'])
  await fail('agreements', ['a'])
  const sum = (counts: readonly number[] | undefined): number => (counts ?? []).reduce((total, n) => total + n, 0)
  for (const range of ['24h', '8d']) {
    const one = (await server.inject({ url: `/api/history?range=${range}&pair=documents` })).json<Series>()
    expect(one.at).toHaveLength(range === '24h' ? 1440 : 192)
    expect(sum(one.did.failed)).toBe(2)
    expect(one.lag.p50).toHaveLength(one.at.length)
  }
  await vi.waitFor(
    async () => {
      const all = (await server.inject({ url: '/api/history' })).json<Series>()
      expect(sum(all.did.failed)).toBe(3)
    },
    { timeout: 20_000, interval: 250 },
  )
})

test('a ledger that does not answer is told, and is no crash', async () => {
  const { server, log } = await webWorld({
    token: TOKEN,
    needs: {
      depths: async () => {
        throw new Error('broken')
      },
    },
  })
  const answer = await server.inject({ url: '/api/pairs' })
  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toEqual({ error: 'internal error', code: 'INTERNAL' })
  expect(log.lines.some(({ message }) => message === 'request failed')).toBe(true)
})

describe('events', () => {
  /** All events of one connection, until `enough`. */
  async function listen(url: string, enough: (events: Map<string, unknown[]>) => boolean) {
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    const response = await fetch(`${url}/api/events`, { signal: stop.signal })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const events = new Map<string, unknown[]>()
    let rest = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop()!
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(block)!
        events.set(event!, [...(events.get(event!) ?? []), JSON.parse(data!)])
      }
      if (enough(events)) break
    }
    stop.abort()
    return events
  }

  it('say all there is at first, then what changes, whatever the keys and reasons hold', async () => {
    const { server, fail } = await webWorld()
    await fail('documents', HOSTILE, 'DstPutObjectNotPermitted')
    for (const reason of HOSTILE) await fail('agreements', [reason], reason)
    const url = await server.listen({ host: '127.0.0.1', port: 0 })
    const events = await listen(url, (all) => all.has('failures') && all.has('acts') && all.has('machinery'))
    expect(events.get('about')![0]).toMatchObject({ estate: 'test', orders: 'with token', reads: 'open' })
    expect((events.get('totals')![0] as Totals).open.failed).toBe(10)
    const { groups } = events.get('failures')![0] as FailuresView
    expect(groups.map(({ reason }) => reason).toSorted()).toEqual(['DstPutObjectNotPermitted', ...HOSTILE].toSorted())
    const seen = (await server.inject({ url: '/api/failures/versions?pair=documents' })).json<FailurePage>()
    expect(seen.versions.map(({ version }) => version.key).toSorted()).toEqual(HOSTILE.toSorted())
    expect(events.has('dumps')).toBe(false)
  })

  it('say how the dumps stand, and beyond which limits that is wrong', async () => {
    const dumps = HOSTILE.map((dump) => ({ dump, newest: 1, unverified: 0, failed: 1, replicated: true }))
    const { server } = await webWorld({ dumps })
    expect((await server.inject({ url: '/api/dumps' })).json()).toEqual(dumps)
    const url = await server.listen({ host: '127.0.0.1', port: 0 })
    const events = await listen(url, (all) => all.has('dumps'))
    expect(events.get('dumps')).toEqual([dumps])
    const limits = { freshMs: 26 * 3_600_000, drillEveryMs: 8 * 86_400_000, smallest: 0.5, largest: 3 }
    expect(events.get('about')![0]).toMatchObject({
      dumps: HOSTILE.map((dump) => ({ dump, ...limits, replicaLateMs: 3_600_000 })),
    })
  })

  it('wait for no bucket', async () => {
    const { server } = await webWorld({ needs: { dumps: async () => new Promise<never>(() => {}) } })
    const url = await server.listen({ host: '127.0.0.1', port: 0 })
    const events = await listen(url, (all) => (all.get('totals')?.length ?? 0) >= 2)
    expect(events.has('dumps')).toBe(false)
  })

  it('come of one poll, however many pages are open, and of none when there is none', async () => {
    const { server, calls, fail } = await webWorld()
    const url = await server.listen({ host: '127.0.0.1', port: 0 })
    const many = Array.from({ length: 5 }, () => listen(url, (all) => (all.get('totals')?.length ?? 0) >= 2))
    await Promise.all(many)
    // Two looks at two pairs, and one that may have begun as the last page left.
    expect(calls.snapshot).toBeLessThanOrEqual(6)
    await fail('documents', ['a'])
    const before = calls.snapshot
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(calls.snapshot - before).toBeLessThanOrEqual(2)
  })
})
