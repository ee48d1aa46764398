/** The `DumpRemover` port over S3: under the role that may delete, which is never the service's. */
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import type { BucketPlace, Estate } from '../config/estate.ts'
import type { DumpRemover } from '../ports.ts'
import { accountOf, type Aws } from './clients.ts'
import { send, target } from './dump-place.ts'

/** `aws` must be made of the estate in which the bucket's account has the role that deletes (`pruningEstate`). */
export function makeDumpRemover(needs: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 'renew'>
  readonly place: BucketPlace
}): DumpRemover {
  const { estate, aws, place } = needs
  const at = { aws, place, owner: accountOf(estate, place.account).id }
  return {
    async remove({ key, versionId }) {
      // Never BypassGovernanceRetention: S3 itself refuses what is locked.
      const command = new DeleteObjectCommand(target(at, key, versionId))
      await send(at, 's3:DeleteObjectVersion', async () => aws.s3(place).send(command))
    },
  }
}
