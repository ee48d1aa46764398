/** The page's token: where the configuration says it is, what the environment puts in its place, what is no token. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkText } from '../../src/config/load.ts'
import { readToken } from '../../src/config/secret.ts'
import { warningsOf } from '../../src/config/warnings.ts'
import { estateDocument } from '../support/estate-file.ts'

const TOKEN = 'a-token-of-twenty-characters'
const text = (http: object): string =>
  JSON.stringify(estateDocument({ redisUrl: 'redis://127.0.0.1:1', service: { http } }))

test('the Estate keeps where it is, and never what it is', () => {
  const written = checkText(text({ token: { file: '/run/secrets/token' } }), {})
  expect(written.estate?.service.http.token).toEqual({ file: '/run/secrets/token' })
  const env = { LANDFALL_HTTP_TOKEN: TOKEN }
  const { estate } = checkText(text({ token: { file: '/run/secrets/token' } }), env)
  expect(estate?.service.http.token).toEqual({ env: 'LANDFALL_HTTP_TOKEN' })
  expect(JSON.stringify(estate)).not.toContain(TOKEN)
})

test('a token that is written down is refused, and not shown', () => {
  const { faults } = checkText(text({ token: TOKEN }), {})
  expect(faults.map(({ path }) => path)).toEqual(['service.http.token'])
  expect(JSON.stringify(faults)).not.toContain(TOKEN)
})

test('an address that others reach without a token is warned of', () => {
  const warn = (http: object): boolean =>
    warningsOf(checkText(text(http), {}).estate!).some((warning) => warning.includes('service.http.token'))
  expect(warn({ host: '0.0.0.0' })).toBe(true)
  expect(warn({ host: '0.0.0.0', token: { env: 'X' } })).toBe(false)
  expect(warn({})).toBe(false)
})

test('it is read without white space, and must be there and long enough', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'landfall-token-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'token')
  await writeFile(file, `${TOKEN}\n`)
  expect(await readToken({ file }, 'token', {})).toBe(TOKEN)
  expect(await readToken({ env: 'T' }, 'token', { T: ` ${TOKEN} ` })).toBe(TOKEN)
  const missing = { code: 'SECRET_MISSING' }
  await expect(readToken({ env: 'T' }, 'token', {})).rejects.toMatchObject(missing)
  await expect(readToken({ env: 'T' }, 'token', { T: ' ' })).rejects.toMatchObject(missing)
  await expect(readToken({ file: join(folder, 'none') }, 'token', {})).rejects.toMatchObject(missing)
  const short = readToken({ env: 'T' }, 'token', { T: 'short-secret' })
  await expect(short).rejects.toMatchObject(missing)
  await expect(short).rejects.not.toMatchObject({ message: expect.stringContaining('short-secret') })
})
