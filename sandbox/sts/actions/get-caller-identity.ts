import type { StsAction } from '../service.ts'

export const getCallerIdentity: StsAction = ({ call, core }) => {
  const { account, arn, userId } = core.accounts.principal(call.accessKey)
  return { Arn: arn, UserId: userId, Account: account }
}
