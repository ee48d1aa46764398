import type { IamEstate, IamPair } from './estate.ts'
import type { ReplicationPair } from './replication-role.ts'

/** Tags and locks follow: what is not there costs no grant, and what is left behind is left in silence. */
export function replicationPairOf(estate: IamEstate, pair: IamPair): ReplicationPair {
  const side = ({ bucket, region, account }: IamPair['source']) => ({
    bucket,
    region,
    accountId: estate.accounts[account]!.id,
  })
  const { source, destination, deleteMarkers } = pair
  return {
    source: side(source),
    destination: side(destination),
    tags: true,
    lock: true,
    deleteMarkers,
    ownerOverride: source.account !== destination.account,
  }
}
