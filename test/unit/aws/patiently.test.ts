import { expect, test } from 'vitest'
import { patiently } from '../../../src/aws/patiently.ts'

const DURING = { action: 'cloudwatch:PutMetricAlarm', resource: 'an alarm', region: 'eu-west-2' }
const refusal = (name: string): Error => Object.assign(new Error('no'), { name })

function calls(...outcomes: (Error | string)[]) {
  const pauses: number[] = []
  const pause = async (ms: number): Promise<void> => void pauses.push(ms)
  const result = patiently(
    DURING,
    async () => {
      const next = outcomes.length > 1 ? outcomes.shift()! : outcomes[0]!
      if (next instanceof Error) throw next
      return next
    },
    { pause },
  )
  return { result, pauses }
}

test('waits longer and longer while it is throttled, and then goes on', async () => {
  const { result, pauses } = calls(refusal('Throttling'), refusal('ThrottlingException'), refusal('Throttling'), 'done')
  expect(await result).toBe('done')
  expect(pauses).toEqual([250, 500, 1000])
})

test('gives up after two minutes or so, as throttled', async () => {
  const { result, pauses } = calls(refusal('Throttling'))
  await expect(result).rejects.toMatchObject({ code: 'AWS_THROTTLED' })
  expect(pauses).toHaveLength(11)
  expect(Math.max(...pauses)).toBe(20_000)
})

test('anything else is thrown at once', async () => {
  const { result, pauses } = calls(refusal('AccessDenied'))
  await expect(result).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  expect(pauses).toEqual([])
})
