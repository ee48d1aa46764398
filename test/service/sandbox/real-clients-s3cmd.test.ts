import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findCommand, makeWorkplace, type Workplace } from '../../support/commands.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'

const COMMAND = findCommand('s3cmd')

describe.skipIf(COMMAND === undefined)('the real `s3cmd` command', { timeout: 120_000 }, () => {
  let local: LocalAws
  let work: Workplace

  beforeAll(async () => {
    local = await startLocalAws('s3cmd')
    work = await makeWorkplace()
    await writeFile(join(work.folder, 's3cfg'), '[default]\n')
  })

  afterAll(async () => {
    await work.remove()
    await local.close()
  })

  const s3cmd = (...args: string[]) => {
    const host = new URL(local.sandbox.url).host
    const place = ['--config', 's3cfg', '--host', host, '--host-bucket', host, '--no-ssl', '--region', 'eu-west-1']
    return work.run(COMMAND!, [...place, '--access_key', ACCOUNT, '--secret_key', 'secret', '--no-progress', ...args])
  }
  const file = (name: string) => join(work.folder, name)

  it('makes a bucket, puts, lists, gets, copies and deletes', async () => {
    await s3cmd('mb', 's3://docs')
    expect(await s3cmd('ls')).toMatch(/s3:\/\/docs$/m)
    await writeFile(file('a.txt'), 'hello')
    await s3cmd('put', 'a.txt', 's3://docs/in/a é + b.txt')
    expect(await s3cmd('ls', 's3://docs/in/')).toMatch(/ 5 +s3:\/\/docs\/in\/a é \+ b.txt$/m)
    await s3cmd('get', 's3://docs/in/a é + b.txt', 'back.txt')
    expect(await readFile(file('back.txt'), 'utf8')).toBe('hello')
    await s3cmd('cp', 's3://docs/in/a é + b.txt', 's3://docs/copy.txt')
    expect(await s3cmd('info', 's3://docs/copy.txt')).toMatch(/File size: +5/)
    await s3cmd('del', '--recursive', '--force', 's3://docs')
    expect(await s3cmd('ls', '--recursive', 's3://docs')).toBe('')
    await s3cmd('rb', 's3://docs')
  })

  it('puts large files in parts, which replicate', async () => {
    const { source, destination } = await local.pair('large')
    const content = randomBytes(12 * 1024 * 1024)
    await writeFile(file('large.bin'), content)
    await s3cmd('put', '--multipart-chunk-size-mb', '5', 'large.bin', `s3://${source}/large.bin`)
    await expect.poll(async () => (await local.head(source, 'large.bin'))?.ReplicationStatus).toBe('COMPLETED')
    await s3cmd('--region', 'eu-west-2', 'get', `s3://${destination}/large.bin`, 'large-back.bin')
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    expect(digest(await readFile(file('large-back.bin')))).toBe(digest(content))
  })

  it('syncs a folder, and finds nothing to do the second time', async () => {
    await s3cmd('mb', 's3://synced')
    await s3cmd('sync', 'a.txt', 's3cfg', 's3://synced/')
    expect(await s3cmd('sync', 'a.txt', 's3cfg', 's3://synced/')).not.toMatch(/upload:/)
    expect(await s3cmd('ls', 's3://synced')).toMatch(/a\.txt[^]*s3cfg/)
  })
})
