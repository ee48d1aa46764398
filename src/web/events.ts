/** `GET /api/events`: server-sent events (HTML standard, 9.2), read by the page with `fetch`, which can send a token. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Board } from './board.ts'

/** A page that reads so slowly is let go; it comes again by itself, and gets everything anew. */
const MOST_BUFFERED = 8 * 2 ** 20
const MOST_PAGES = 200
const BEAT_MS = 15_000

export function addEvents(server: FastifyInstance, board: Board): void {
  const open = new Set<FastifyReply>()

  server.get('/api/events', async (_request, reply) => {
    if (open.size >= MOST_PAGES) {
      return reply.code(503).send({ error: `${MOST_PAGES} pages are open already`, code: 'TOO_MANY_PAGES' })
    }
    const { raw } = reply
    reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no')
    raw.writeHead(200, reply.getHeaders() as Record<string, string>)
    reply.hijack()
    open.add(reply)
    const write = (text: string): void => {
      if (raw.writableLength > MOST_BUFFERED) raw.destroy()
      else raw.write(text)
    }
    const beat = setInterval(() => write(': still here\n\n'), BEAT_MS)
    beat.unref()
    // JSON has no line break of its own, so that each event is one `data` line whatever a key holds.
    const end = board.subscribe((event, text) => write(`event: ${event}\ndata: ${text}\n\n`))
    raw.on('close', () => {
      clearInterval(beat)
      end()
      open.delete(reply)
    })
    return reply
  })

  server.addHook('preClose', async () => {
    for (const { raw } of open) raw.end()
  })
}
