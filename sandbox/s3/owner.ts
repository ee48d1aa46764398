import { createHash } from 'node:crypto'

const known = new Map<string, { readonly ID: string; readonly DisplayName: string }>()

/** An account as S3's older documents name it: by its canonical user id. */
export function ownerOf(account: string): { readonly ID: string; readonly DisplayName: string } {
  let owner = known.get(account)
  if (owner === undefined) {
    owner = { ID: createHash('sha256').update(`canonical user of ${account}`).digest('hex'), DisplayName: account }
    known.set(account, owner)
  }
  return owner
}
