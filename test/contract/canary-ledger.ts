/** What every `CanaryLedger` keeps. Each test has a pair of its own. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { CanaryLedger, Ledger } from '../../src/ports.ts'
import { randomPrefix } from '../support/prefix.ts'

export function canaryContract(name: string, make: () => Promise<CanaryLedger & Pick<Ledger, 'snapshot'>>): void {
  describe(`canary contract: ${name}`, () => {
    let ledger: CanaryLedger & Pick<Ledger, 'snapshot'>
    beforeAll(async () => {
      ledger = await make()
    })

    it('knows none before the first', async () => {
      const pair = randomPrefix()
      expect(await ledger.canary(pair)).toBeUndefined()
      expect((await ledger.snapshot(pair)).canary).toBeUndefined()
    })

    it('follows one from its write to its landing', async () => {
      const pair = randomPrefix()
      await ledger.canaryWritten(pair, 'v1')
      const written = await ledger.canary(pair)
      expect(written).toEqual({
        versionId: 'v1',
        writtenAt: expect.any(Number) as number,
        unseenSince: written!.writtenAt,
        unlandedSince: written!.writtenAt,
      })
      await ledger.canaryStep({ pair, step: 'seen', versionId: 'v1' })
      expect(await ledger.canary(pair)).toMatchObject({
        seenAt: expect.any(Number) as number,
        unlandedSince: written!.writtenAt,
      })
      await ledger.canaryStep({ pair, step: 'landed', versionId: 'v1' })
      const landed = await ledger.canary(pair)
      expect(landed).toMatchObject({ landedAt: expect.any(Number) as number })
      expect(landed).not.toHaveProperty('unseenSince')
      expect(landed).not.toHaveProperty('unlandedSince')
      expect((await ledger.snapshot(pair)).canary).toEqual(landed)
    })

    it('keeps an event that is read before the write is noted', async () => {
      const pair = randomPrefix()
      await ledger.canaryStep({ pair, step: 'landed', versionId: 'v1' })
      await ledger.canaryStep({ pair, step: 'seen', versionId: 'v1' })
      expect(await ledger.canary(pair)).toBeUndefined()
      await ledger.canaryWritten(pair, 'v1')
      const canary = await ledger.canary(pair)
      expect(canary).toMatchObject({ seenAt: expect.any(Number) as number, landedAt: expect.any(Number) as number })
      expect(canary).not.toHaveProperty('unseenSince')
    })

    it('is unseen since the first that was not seen, whatever is written later', async () => {
      const pair = randomPrefix()
      await ledger.canaryWritten(pair, 'v1')
      const { writtenAt } = (await ledger.canary(pair))!
      await ledger.canaryWritten(pair, 'v2')
      await ledger.canaryStep({ pair, step: 'seen', versionId: 'v1' })
      expect(await ledger.canary(pair)).toMatchObject({
        versionId: 'v2',
        unseenSince: writtenAt,
        unlandedSince: writtenAt,
      })
      await ledger.canaryStep({ pair, step: 'seen', versionId: 'v2' })
      expect(await ledger.canary(pair)).not.toHaveProperty('unseenSince')
    })

    it('takes a landing without an id for the last one', async () => {
      const pair = randomPrefix()
      await ledger.canaryWritten(pair, 'v1')
      await ledger.canaryStep({ pair, step: 'landed', versionId: '' })
      expect(await ledger.canary(pair)).toMatchObject({ versionId: 'v1', landedAt: expect.any(Number) as number })
    })
  })
}
