import { expect, it } from 'vitest'
import { makeAccounts } from '../../../sandbox/accounts.ts'
import { checkSession } from '../../../sandbox/iam/expiry.ts'
import { makeRandom } from '../../../sandbox/random.ts'

const MAIN = '222222222222'
const PRODUCTION = '333333333333'

it('a session ends when its seconds are over; a user never does', () => {
  let now = 0
  const clock = { now: () => now, after: () => () => {} }
  const accounts = makeAccounts({ clock, random: makeRandom('1') })
  const session = { account: PRODUCTION, role: 'landfall', session: 'verify' }
  const [short, long] = [900, 3600].map((seconds) => accounts.issue({ ...session, seconds }))
  const check = (accessKey: string, service: 's3' | 'sts' | 'control' = 's3') =>
    checkSession(accounts.principal(accessKey), service, clock)
  now = 899_999
  check(short!.accessKeyId)
  now = 900_000
  expect(() => check(short!.accessKeyId)).toThrow('The provided token has expired.')
  expect(() => check(short!.accessKeyId, 'sts')).toThrow('The security token included in the request is expired')
  check(short!.accessKeyId, 'control')
  check(long!.accessKeyId)
  check(MAIN)

  expect(accounts.expire(`arn:aws:iam::${MAIN}:role/landfall`)).toBe(0)
  expect(accounts.expire()).toBe(1)
  expect(() => check(long!.accessKeyId)).toThrow('expired')
})
