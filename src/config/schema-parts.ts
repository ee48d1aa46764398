/** Parts that the schemas of the configuration file share. */
import { z } from 'zod'
import { formatDuration, parseBytes, parseDuration, parseShare } from './units.ts'

/** Text such as `15m` to milliseconds, within bounds. */
export function duration(min: string, max: string) {
  const [least, most] = [parseDuration(min)!, parseDuration(max)!]
  return z
    .string({ error: 'must be a duration with its unit, such as 30s, 15m, 2h or 7d' })
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== undefined && ms >= least && ms <= most) return ms
      const message = ms === undefined ? 'must be a duration with its unit, such as 30s, 15m, 2h or 7d' : outside(ms)
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })

  function outside(ms: number): string {
    return `${formatDuration(ms)} is outside of ${min} to ${max}`
  }
}

// Names go into Redis keys (with a hash tag), job ids and metric dimensions: no braces, no colons, no bare integers.
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/
export const name = z
  .string()
  .regex(NAME, 'must start with a letter, and hold only letters, digits, . _ - (at most 63)')

// "Bucket naming rules", Amazon S3 user guide.
export const bucket = z
  .string()
  .regex(/^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no bucket name: 3 to 63 of a-z, 0-9, - and .')
  .describe('The bucket.')

export const region = z.string().describe('An AWS region, e.g. eu-west-2.')
export const account = z.string().describe('A name under `accounts`.')

export const placeFields = { bucket, region, account }

export const roleArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'is no role ARN (arn:aws:iam::<account>:role/<name>)')

/** Text such as `64MiB` to bytes. */
export const bytes = z
  .string({ error: 'must be a size with its unit, such as 512KiB, 64MiB or 1TiB' })
  .transform((text, context) => {
    const size = parseBytes(text)
    if (size !== undefined && size > 0) return size
    context.addIssue({ code: 'custom', message: 'must be a size with its unit, such as 512KiB, 64MiB or 1TiB' })
    return z.NEVER
  })

/** Secrets are named, never written down: a variable of the environment, or a file that it is mounted at. */
export const secret = z
  .union(
    [
      z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable') }),
      z.strictObject({ file: z.string().min(1) }),
    ],
    { error: 'must be {env: NAME} or {file: PATH}: a secret is named here, and never written down' },
  )
  .describe('{env: NAME} or {file: PATH}: where the secret is.')

const share = z.union([z.number(), z.string()], { error: 'must be a number from 0 to 1, or a percentage such as 1%' })
export const checkedShare = share.transform((value, context) => {
  const parsed = parseShare(value)
  if (parsed !== undefined) return parsed
  context.addIssue({ code: 'custom', message: 'must be a number from 0 to 1, or a percentage such as 1%' })
  return z.NEVER
})
