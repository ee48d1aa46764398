/** Requests to the API, with the token where there is one. */
import { token } from './session.js'

/** What the server refused, in its words. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {Partial<import('../api.ts').Refused>} body
   */
  constructor(status, body) {
    super(body.error ?? `the server answered ${status}`)
    this.status = status
    this.code = body.code
    this.hint = body.hint
  }
}

/** @returns {Record<string, string>} */
function authorization() {
  return token() === '' ? {} : { authorization: `Bearer ${token()}` }
}

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function request(path, options) {
  const response = await fetch(path, { cache: 'no-store', credentials: 'omit', ...options })
  if (response.ok) return response
  throw new Refusal(response.status, await response.json().catch(() => ({})))
}

/**
 * @template T
 * @param {string} path
 * @param {Readonly<Record<string, string | undefined>>} query
 * @returns {Promise<T>}
 */
export async function read(path, query = {}) {
  const given = Object.entries(query).filter(
    /** @returns {entry is [string, string]} */ (entry) => entry[1] !== undefined && entry[1] !== '',
  )
  const text = given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
  return (await request(text, { headers: authorization() })).json()
}

/**
 * @param {string} path
 * @param {object} what
 * @returns {Promise<import('../api.ts').Ordered>}
 */
export async function order(path, what) {
  const headers = { ...authorization(), 'content-type': 'application/json' }
  return (await request(path, { method: 'POST', headers, body: JSON.stringify(what) })).json()
}

/**
 * The server's events, until the connection ends: `EventSource` could not send the token.
 *
 * @param {(event: string, data: any) => void} onEvent
 * @param {AbortSignal} signal
 */
export async function listen(onEvent, signal) {
  const { body } = await request('/api/events', { headers: authorization(), signal })
  if (body === null) return
  let rest = ''
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    const blocks = (rest + value).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, event, data] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? []
      if (event !== undefined && data !== undefined) onEvent(event, JSON.parse(data))
    }
  }
}
