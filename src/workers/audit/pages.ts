/** One side of a range as pages, the next one always under way while this one is read. */
import { compareKeys } from '../../domain/audit/key-order.ts'
import type { NextPage } from '../../domain/audit/merge.ts'
import type { ListMark, ListPage } from '../../ports.ts'

export interface PagesNeeds {
  readonly after: string | undefined
  /** Asked for each page: a range is cut while it is read. */
  readonly upTo: () => string | undefined
  readonly fetch: (after: ListMark | undefined, upTo: string | undefined) => Promise<ListPage>
}

export function makePages({ after, upTo, fetch }: PagesNeeds): NextPage {
  let next: Promise<ListPage> | undefined = begin(after === undefined ? undefined : { key: after })

  function begin(mark: ListMark | undefined): Promise<ListPage> {
    const page = fetch(mark, upTo())
    // Its failure is told to whoever asks for it; until then nobody listens.
    page.catch(() => {})
    return page
  }

  return async () => {
    if (next === undefined) return undefined
    const page = await next
    const end = upTo()
    const over = page.next === undefined || (end !== undefined && compareKeys(page.next.key, end) > 0)
    next = over ? undefined : begin(page.next)
    return page.versions
  }
}
