import { ownerOf } from './owner.ts'
import { document, xml } from './xml.ts'

/** Under bucket owner enforced, S3's default, an ACL grants all to the bucket's owner and nothing to anybody else. */
export function aclXml(account: string): string {
  const owner = ownerOf(account)
  const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">${xml('ID', owner.ID)}${xml('DisplayName', owner.DisplayName)}</Grantee>`
  const list = `<AccessControlList><Grant>${grantee}<Permission>FULL_CONTROL</Permission></Grant></AccessControlList>`
  return document('AccessControlPolicy', xml('Owner', owner) + list)
}
