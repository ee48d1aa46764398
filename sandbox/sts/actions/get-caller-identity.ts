import type { StsAction } from '../service.ts'

/** Takes no grant. */
export const getCallerIdentity: StsAction = ({ call }) => {
  const { account, arn, userId } = call.who
  return { Arn: arn, UserId: userId, Account: account }
}
