/**
 * A dump's SQL as psql is given it. It is fenced by a key of our own: whoever made the file knows the one in it, and could
 * end the fence and go on with commands of the machine. Its extensions are left to the server's administrator, since a
 * plain role may not make all of them; that is settled in its first lines, before anything else is made.
 *
 * Source: psql, `\restrict`; pg_dump's order of objects (schemas and extensions go first).
 */
const LF = 10
/** With --clean a dump begins by dropping everything: some hundred bytes an object. */
const LONGEST_HEAD = 32 << 20
const LONGEST_LINE = 1 << 20
/** What holds `\unrestrict` and its key, at the very end. */
const TAIL = 512

const IDENTIFIER = String.raw`"(?:[^"]|"")+"|[A-Za-z_][\w$]*`
const CREATE = new RegExp(
  String.raw`^CREATE EXTENSION (?:IF NOT EXISTS )?(?<name>${IDENTIFIER})(?: WITH SCHEMA (?<schema>${IDENTIFIER}))?;$`,
)
const LEFT_OUT = /^(?:DROP EXTENSION IF EXISTS .*;|COMMENT ON EXTENSION .*;|\\restrict \S+)$/
const OWN_BEGIN = /^\\restrict \S+$/
const HEAD_ENDS =
  /^(?:COPY|INSERT|DO|CREATE (?:OR REPLACE )?(?:UNLOGGED )?(?:TYPE|DOMAIN|FUNCTION|PROCEDURE|AGGREGATE|OPERATOR|TABLE|VIEW|MATERIALIZED|SEQUENCE|FOREIGN|TEXT))\b/
const OWN_END = /\\unrestrict \S+\s*$/

export interface Extension {
  /** Quoted as SQL has it. */
  readonly name: string
  readonly schema?: string | undefined
}

/** `onExtension`: called when everything before it was carried out, as `settled` tells. */
export async function* fenced(
  source: AsyncIterable<Uint8Array>,
  needs: {
    readonly key: string
    /** Yielded to psql; resolves when it was carried out. */
    readonly settle: () => { readonly sql: string; readonly done: Promise<void> }
    readonly onExtension: (extension: Extension) => Promise<void>
  },
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`\\restrict ${needs.key}\n`)
  // The end first: it holds back bytes, and psql's answer to what is asked of it would be waited for in vain.
  yield* headRead(withoutItsEnd(source), LEFT_OUT, needs)
}

/** The fence alone, for who restores with rights of their own: extensions are made by the dump's own SQL. */
export async function* fencedAlone(source: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`\\restrict ${key}\n`)
  yield* headRead(withoutItsEnd(source), OWN_BEGIN)
}

/** Lines of the head that match are left out; extensions, where somebody makes them. */
async function* headRead(
  source: AsyncIterable<Uint8Array>,
  leftOut: RegExp,
  needs?: Omit<Parameters<typeof fenced>[1], 'key'>,
): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0)
  let seen = 0
  let inHead = true
  for await (const chunk of source) {
    if (!inHead) {
      yield chunk
      continue
    }
    held = Buffer.concat([held, chunk])
    seen += chunk.length
    let from = 0
    let kept = 0
    for (let end = held.indexOf(LF); end !== -1 && inHead; end = held.indexOf(LF, from)) {
      const line = held.toString('utf8', from, end)
      const extension = needs === undefined ? undefined : CREATE.exec(line)?.groups
      if (extension !== undefined || leftOut.test(line)) {
        if (from > kept) yield held.subarray(kept, from)
        kept = end + 1
      }
      if (needs !== undefined && extension !== undefined) {
        const { sql, done } = needs.settle()
        yield Buffer.from(sql)
        await done
        await needs.onExtension({ name: extension['name']!, schema: extension['schema'] })
      }
      inHead = !HEAD_ENDS.test(line)
      from = end + 1
    }
    if (from > kept) yield held.subarray(kept, from)
    held = held.subarray(Math.max(from, kept))
    inHead &&= seen < LONGEST_HEAD && held.length < LONGEST_LINE
    if (inHead) continue
    yield held
    held = Buffer.alloc(0)
  }
  yield held
}

async function* withoutItsEnd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    if (chunk.length > TAIL) {
      yield tail
      yield chunk.subarray(0, chunk.length - TAIL)
      tail = Buffer.from(chunk.subarray(chunk.length - TAIL))
      continue
    }
    const both = Buffer.concat([tail, chunk])
    const cut = Math.max(0, both.length - TAIL)
    if (cut > 0) yield both.subarray(0, cut)
    tail = Buffer.from(both.subarray(cut))
  }
  yield Buffer.from(tail.toString('latin1').replace(OWN_END, ''), 'latin1')
}
