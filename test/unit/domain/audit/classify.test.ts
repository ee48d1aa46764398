import { describe, expect, it } from 'vitest'
import { classifyKey } from '../../../../src/domain/audit/classify.ts'
import type { Finding } from '../../../../src/domain/audit/finding.ts'
import type { Lifecycle, LifecycleRule } from '../../../../src/domain/audit/lifecycle.ts'
import { WRITERS } from '../../../../src/domain/audit/report.ts'
import { DAY, marker, object, OLD, rules, START } from './world.ts'

const KEY = 'production-202605010200.sql.gz.gpg'
const UNKNOWN: Lifecycle = { kind: 'unknown', grant: 's3:GetLifecycleConfiguration' }

function lifecycle(rule: Partial<LifecycleRule>): Lifecycle {
  return { kind: 'known', rules: [{ id: 'r', prefix: '', tagged: false, dropsLoneMarkers: false, ...rule }] }
}

/** The backups pair: `expiration` alone, 180 days at the source and 7 at the destination. */
const backups = rules(
  {},
  { source: lifecycle({ markAfterMs: 180 * DAY }), destination: lifecycle({ markAfterMs: 7 * DAY }) },
)

function classes(...args: Parameters<typeof classifyKey>): readonly string[] {
  return classifyKey(...args).findings.map(({ class: name, versionId }) => `${name} ${versionId}`)
}

describe('one key', () => {
  it('matches what is the same on both sides', () => {
    const both = [marker('k', 'm'), object('k', 'v')]
    expect(classifyKey('k', both, both, rules())).toEqual({ compared: 2, matched: 2, findings: [] })
  })

  it('is missing, late or excluded by age and rules', () => {
    expect(classes('k', [object('k', 'v')], [], rules())).toEqual(['missing v'])
    expect(classes('k', [object('k', 'v', { lastModified: START - 1000 })], [], rules())).toEqual(['late v'])
    expect(classes('k', [object('k', 'v')], [], rules({ excludePrefixes: ['k'] }))).toEqual(['excluded v'])
    const marked = [marker('k', 'm'), object('k', 'v')]
    expect(classes('k', marked, [object('k', 'v')], rules())).toEqual(['missing m'])
    expect(classes('k', marked, [object('k', 'v')], rules({ deleteMarkers: false }))).toEqual(['excluded m'])
  })

  it('is mismatched in size, kind, or (to be looked at) by ETag', () => {
    const one = object('k', 'v')
    expect(classifyKey('k', [one], [{ ...one, size: 4 }], rules()).findings[0]).toMatchObject({ reason: 'SizeDiffers' })
    expect(classifyKey('k', [one], [marker('k', 'v')], rules()).findings[0]).toMatchObject({ reason: 'KindDiffers' })
    expect(classifyKey('k', [one], [{ ...one, etag: 'f' }], rules()).findings[0]).toMatchObject({
      reason: 'ChecksumDiffers',
    })
  })

  it('under the id null is missing while the destination holds an older write', () => {
    const one = object('k', 'null')
    const older = { ...one, etag: 'f', lastModified: OLD - 1000 }
    expect(classes('k', [one], [older], rules())).toEqual(['missing null'])
    expect(classes('k', [{ ...one, lastModified: START }], [older], rules())).toEqual(['late null'])
  })

  it('is wrong where another version is current', () => {
    const [a, b] = [object('k', 'a'), object('k', 'b')]
    expect(classes('k', [a, b], [b, a], rules())).toEqual(['wrong current a'])
    expect(classes('k', [a, b], [b], rules())).toEqual(['missing a'])
  })

  it('is extra at the destination alone, but not what was written since', () => {
    expect(classes('k', [], [object('k', 'v')], rules())).toEqual(['extra v'])
    expect(classes('k', [], [object('k', 'v', { lastModified: START })], rules())).toEqual([])
    const gone = rules({}, { source: lifecycle({ deleteAfterMs: 3 * DAY }) })
    const below = [object('k', 'v2'), object('k', 'v1', { latest: false })]
    expect(classes('k', below.slice(0, 1), below, gone)).toEqual(['expired v1'])
  })

  it('by content needs the same content anywhere at the key', () => {
    const policy = rules({ match: 'content' })
    const copy = object('k', 'other')
    expect(classes('k', [object('k', 'v')], [copy, object('k', 'again')], policy)).toEqual([])
    expect(classes('k', [object('k', 'v')], [object('k', 'o', { size: 9 })], policy)).toEqual(['missing v', 'extra o'])
  })
})

describe('the backups pair', () => {
  const dump = (age: number) => object(KEY, 'dump', { lastModified: START - age * DAY })
  const made = (versionId: string, age: number) => marker(KEY, versionId, { lastModified: START - age * DAY })

  it.each([
    ['a fresh dump', [dump(3)], [dump(3)], []],
    ['day 7: the destination has marked it', [dump(30)], [made('m', 23), dump(30)], ['lifecycle marker m']],
    [
      'day 180: the source has, too',
      [made('s', 10), dump(190)],
      [made('d', 183), dump(190)],
      ['lifecycle marker s', 'lifecycle marker d'],
    ],
    ['a replica that came late was marked at once', [dump(30)], [made('m', 1), dump(30)], ['lifecycle marker m']],
    ['a person deleted it: that replicates', [made('m', 2), dump(3)], [made('m', 2), dump(3)], []],
    ['a person deleted it, and the marker is not there', [made('m', 2), dump(3)], [dump(3)], ['missing m']],
    ['somebody deleted it at the destination, before its time', [dump(6)], [made('m', 1), dump(6)], ['extra m']],
    [
      "a person's marker came after the lifecycle's",
      [made('m', 2), dump(30)],
      [made('d', 1), made('m', 2), dump(30)],
      ['lifecycle marker d'],
    ],
    ['the dump itself is not there', [dump(30)], [], ['missing dump']],
  ] as const)('%s', (_name, source, destination, wanted) => {
    expect(classes(KEY, source, destination, backups)).toEqual(wanted)
  })

  it('names the grant where a lifecycle may not be read, and calls nothing missing', () => {
    const blind = rules({}, { source: UNKNOWN, destination: UNKNOWN })
    const { findings } = classifyKey(KEY, [made('s', 10), dump(190)], [made('d', 183), dump(190)], blind)
    expect(findings.map(({ class: name }) => name)).toEqual(['extra', 'extra'])
    for (const { why } of findings) expect(why).toContain('s3:GetLifecycleConfiguration')
  })

  it('is expired where noncurrent versions are deleted too', () => {
    const strict = rules({}, { destination: lifecycle({ markAfterMs: 7 * DAY, deleteAfterMs: DAY }) })
    expect(classes(KEY, [dump(30)], [], strict)).toEqual(['expired dump'])
    expect(classes(KEY, [dump(7.5)], [], strict)).toEqual(['missing dump'])
    expect(classes(KEY, [dump(30)], [], rules({ destinationExpiresAfterMs: 8 * DAY }))).toEqual(['expired dump'])
  })
})

describe('the report', () => {
  const finding: Finding = {
    class: 'missing',
    key: '=cmd|"/C calc"!A0,\r\n\u001B]0;x\u0007',
    versionId: 'v',
    kind: 'object',
    source: { versionId: 'v', kind: 'object', size: 3, lastModified: OLD },
    why: 'not at the destination',
  }

  it('defuses a hostile key in CSV, and keeps the line whole', () => {
    const line = WRITERS.csv.line('p', finding)
    expect(line).toContain(`"'=cmd|""/C calc""!A0,\\x0d\\x0a\\x1b]0;x\\x07"`)
    for (const control of ['\r', '\n', '\u001B', '\u0007']) expect(line.trimEnd()).not.toContain(control)
    expect(WRITERS.csv.head.split(',')).toHaveLength(17)
  })

  it('keeps the key exactly in JSON, on one line of printable characters', () => {
    const line = WRITERS.jsonl.line('p', finding)
    expect((JSON.parse(line) as Finding).key).toBe(finding.key)
    expect(line.trimEnd()).toMatch(/^[\u0020-\u007E]*$/)
  })
})
