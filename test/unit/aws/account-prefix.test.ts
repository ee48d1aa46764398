import { describe, expect, test, vi } from 'vitest'
import { withoutAccountPrefix } from '../../../src/aws/account-prefix.ts'

describe('the account before the host of S3 Control', () => {
  const params = { Region: 'eu-west-1', AccountId: '111111111111', RequiresAccountId: true }
  test.each<[string, string | undefined, boolean]>([
    ['stays at AWS', undefined, true],
    ['stays at an interface endpoint', 'https://vpce-1.s3.eu-west-1.vpce.amazonaws.com', true],
    ['stays in China', 'https://s3-control.cn-north-1.amazonaws.com.cn', true],
    ['goes at an address', 'http://127.0.0.1:4566', false],
    ['goes at a name', 'http://sandbox:4566/', false],
    ['goes at a look-alike', 'http://amazonaws.com.example', false],
  ])('%s', (_, Endpoint, RequiresAccountId) => {
    const provider = vi.fn((asked: object) => ({ url: new URL(`http://x/?${Object.keys(asked).length}`) }))
    withoutAccountPrefix(provider)({ ...params, ...(Endpoint !== undefined && { Endpoint }) })
    expect(provider.mock.calls[0]![0]).toMatchObject({ RequiresAccountId })
  })
})
