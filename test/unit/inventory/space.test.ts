import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { requireSpace } from '../../../src/inventory/fetch.ts'

test('a disk without room is noticed before anything is fetched', async () => {
  await requireSpace(tmpdir(), 0)
  await expect(requireSpace(tmpdir(), 2 ** 60)).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringMatching(/has [\d.]+ GiB free; the inventory needs 1073741824\.5 GiB/) as string,
    hint: expect.stringContaining('--temp') as string,
  })
})
