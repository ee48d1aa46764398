/**
 * A child's output, read into one buffer that is used again and again. Node gives each 64 KiB of a child's `stdout` a
 * buffer of its own; at a gigabyte a second V8 then collects all of its heap twenty times a second, for nothing
 * (docs/adr/0011-dump-pipeline.md has the figures). Only a socket that is made for it reads into a given buffer.
 *
 * Source: Node.js documentation, `net.Socket`, "onread"; `child_process.spawn`, "options.stdio".
 */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type OnReadOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** More than a socket holds. */
const ROOM = 256 * 1024

export interface Output {
  /** For the child's `stdio`; to be destroyed here once it was started, or the end never comes. */
  readonly given: Socket
  /** What it writes. A chunk is valid until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Resolves when the first bytes are there, or at the end. */
  readonly begun: Promise<void>
  close(): void
}

/**
 * Two ends of a socket, through a folder that nobody else can enter and that is gone when this resolves. Throws where no
 * such folder can be made.
 */
export async function openOutput(temporary: string = tmpdir()): Promise<Output> {
  const folder = await mkdtemp(join(temporary, 'landfall-out-'))
  try {
    const path = join(folder, 's')
    const server = createServer({ pauseOnConnect: true }).listen(path)
    await once(server, 'listening')
    const accepted = once(server, 'connection')
    const reading = readReusing((onread) => connect({ path, onread }))
    const [given] = (await accepted) as [Socket]
    given.on('error', () => {})
    server.close()
    return { given, ...reading }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Of a socket that `open` makes, with the buffer it is given. */
export function readReusing(open: (onread: OnReadOpts) => Socket): Omit<Output, 'given'> {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  let over = false
  let fault: Error | undefined
  let held: Uint8Array | undefined
  let wake = (): void => {}
  const buffer = Buffer.allocUnsafeSlow(ROOM)
  const socket = open({
    buffer,
    // False: nothing more is read before somebody asks for it.
    callback(bytes) {
      held = buffer.subarray(0, bytes)
      begin()
      wake()
      return false
    },
  })
  socket.on('error', (error) => (fault = error))
  for (const event of ['end', 'close'] as const) {
    socket.on(event, () => {
      over = true
      begin()
      wake()
    })
  }

  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (held === undefined && !over) {
          await new Promise<void>((resolve) => {
            wake = resolve
            socket.resume()
          })
        }
        if (held !== undefined) {
          const chunk = held
          held = undefined
          yield chunk
        } else if (fault !== undefined) throw fault
        else if (over) return
      }
    } finally {
      socket.destroy()
    }
  }

  return { chunks: chunks(), begun, close: () => void socket.destroy() }
}
