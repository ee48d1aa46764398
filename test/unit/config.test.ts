import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileJsonSchema } from '../../src/config/json-schema.ts'
import { checkFile, checkText, invalid, loadEstate } from '../../src/config/load.ts'
import { redactEstate, redactUrl } from '../../src/config/redact.ts'
import { formatDuration, parseDuration, parseShare } from '../../src/config/units.ts'
import { VARIABLES, type Environment } from '../../src/config/environment.ts'
import { formatFault } from '../../src/config/faults.ts'
import type { Estate } from '../../src/config/estate.ts'
import { warningsOf } from '../../src/config/warnings.ts'

const EXAMPLE = new URL('../../landfall.example.yaml', import.meta.url).pathname
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** A small sound file; `change` replaces text in it. */
const SMALL = `name: small
accounts:
  main: {id: '012345678901'}
queues:
  - {name: events, region: eu-west-2, account: main}
pairs:
  - name: docs
    source: {bucket: docs-here, region: eu-west-1, account: main}
    destination: {bucket: docs-there, region: eu-west-2, account: main}
`

function estateOf(text: string, env: Environment = {}): Estate {
  const { estate, faults } = checkText(text, env)
  expect(faults).toEqual([])
  return estate!
}

function faultsOf(text: string, env: Environment = {}): string[] {
  const { estate, faults } = checkText(text, env)
  expect(estate === undefined).toBe(faults.length > 0)
  return faults.map((fault) => formatFault('f', fault))
}

/** The faults of SMALL with some text replaced. */
function faultsWith(from: string, to: string): string[] {
  expect(SMALL).toContain(from)
  return faultsOf(SMALL.replace(from, to))
}

test('the example is the estate of the Digital Marketplace, to the letter', async () => {
  const estate = await loadEstate({ path: EXAMPLE, env: {} })
  const kinds = ['documents', 'communications', 'submissions', 'agreements']
  const buckets = new Map(estate.pairs.map((pair) => [pair.name, [pair.source.bucket, pair.destination.bucket]]))
  expect(buckets.size).toBe(9)
  for (const kind of kinds) {
    expect(buckets.get(`${kind}-production`)).toEqual([
      `digitalmarketplace-${kind}-production-production`,
      `digitalmarketplace-cross-region-${kind}-production`,
    ])
    expect(buckets.get(`${kind}-preview`)).toEqual([
      `digitalmarketplace-${kind}-preview-preview`,
      `digitalmarketplace-cross-region-${kind}-preview-preview`,
    ])
  }
  expect(buckets.get('database-backups')).toEqual([
    'digitalmarketplace-database-backups',
    'digitalmarketplace-cross-region-database-backups',
  ])
  for (const pair of estate.pairs) {
    expect([pair.source.region, pair.destination.region]).toEqual(['eu-west-1', 'eu-west-2'])
    expect(pair.deleteMarkers).toBe(true)
  }
  // S3 notifies queues of its own region only: each account that has buckets needs one on both sides.
  const served = new Set(estate.queues.map((queue) => `${queue.account} ${queue.region}`))
  for (const { source, destination } of estate.pairs) {
    for (const { account, region } of [source, destination]) expect(served).toContain(`${account} ${region}`)
  }
  expect(Object.keys(estate.accounts)).toEqual(['main', 'production', 'development', 'backups'])
  expect(estate.service.region).toBe('eu-west-2')
  expect(warningsOf(estate)).toEqual([])
})

test('a grace that a poll would use up is probably not meant', () => {
  const estate = estateOf(SMALL)
  const grace = (shutdownGraceMs: number) =>
    warningsOf({ ...estate, service: { ...estate.service, shutdownGraceMs } }).join()
  expect(grace(20_000)).toContain('service.shutdownGrace (20s) is not longer than a poll')
  expect(grace(21_000)).not.toContain('shutdownGrace')
})

test('a pair without re-drives, and re-drives in the wrong place, are probably not meant', () => {
  const batch = { roleArn: 'arn:aws:iam::012345678901:role/batch', bucket: 'jobs', prefix: '' }
  const estate = estateOf(SMALL)
  const said = (
    redrive: Partial<Estate['pairs'][number]['redrive']>,
    match: 'version' | 'content' = 'version',
  ): string => {
    const pairs = estate.pairs.map((pair) => ({ ...pair, match, redrive: { ...pair.redrive, ...redrive } }))
    return warningsOf({ ...estate, pairs })
      .filter((line) => line.includes('redrive'))
      .join('\n')
  }
  expect(said({ batch })).toBe('')
  expect(said({})).toMatch(/^no redrive.batch for docs: what fails there is named and stays at risk/)
  expect(said({ copy: true })).toBe('')
  expect(said({ automatic: false })).toBe('')
  expect(said({ batch }, 'content')).toMatch(/^redrive.batch for docs is never used/)
  expect(said({ batch: { ...batch, bucket: 'docs-here' } })).toMatch(/is a bucket of a pair/)
  expect(said({ batch, retrigger: true })).toMatch(/Landfall makes new versions at the source/)
})

test('topics for alarms on what is not published are probably not meant', () => {
  const topic = "service:\n  alarms: {topics: ['arn:aws:sns:eu-west-2:111111111111:landfall']}\n"
  expect(warningsOf(estateOf(SMALL + topic)).join()).not.toContain('topics')
  const off = warningsOf(estateOf(SMALL + topic, { LANDFALL_METRICS: 'false' }))
  expect(off.join()).toContain('service.metrics.enabled is false, and service.alarms names topics')
})

test('defaults are those of docs/config.md', () => {
  const { service, pairs, queues } = estateOf(SMALL)
  expect(service).toEqual({
    region: 'eu-west-2',
    redis: { url: 'redis://127.0.0.1:6379', cluster: false, durability: 'sync' },
    http: { host: '127.0.0.1', port: 9320 },
    snapshot: undefined,
    metrics: { enabled: true, namespace: 'Landfall', region: 'eu-west-2', everyMs: 60_000 },
    alarms: {
      prefix: 'landfall-',
      topics: [],
      estateTopics: [],
      tags: {},
      thresholds: { late: 0, failed: 0, mismatched: 0, unannounced: 10, queueAgeMs: 900_000, inFlight: 100_000 },
      budget: { objective: 0.999, least: 5 },
    },
    intake: { consumersPerQueue: 2, waitSeconds: 20, visibilitySeconds: 60 },
    verify: { lanesPerPair: 2, concurrency: 32, leaseMs: 30_000, tickMs: 1000 },
    doctor: { everyMs: 86_400_000 },
    setup: {
      ownerTags: [
        'managed?by=*terraform*',
        'managedby=*terraform*',
        'terraform=true',
        'terraform=yes',
        'provisioner=*terraform*',
        'createdby=*terraform*',
      ],
      subscribe: false,
    },
    shutdownGraceMs: 25_000,
    log: { level: 'info', sample: 0.1 },
  })
  expect(queues[0]).toMatchObject({ name: 'events', consumers: 2 })
  expect(pairs[0]).toMatchObject({
    evidence: 'auto',
    match: 'version',
    deleteMarkers: true,
    excludePrefixes: [],
    lateAfterMs: 15 * 60_000,
    failAfterMs: 24 * 3_600_000,
    recheckAfterMs: 3_600_000,
    firstLook: { minMs: 2000, maxMs: 300_000 },
    purgePrincipals: [],
    attributesSample: 0.01,
    stage: 'main',
    alarms: { rpoMs: 30 * 60_000 },
  })
})

test('a topic that is not where the alarms are is a fault; a region of the metrics moves them', () => {
  const text = (more: string): string =>
    `${SMALL}service:\n  ${more}\n  alarms:\n    topics: ['arn:aws:sns:eu-west-1:111111111111:landfall']\n`
  expect(faultsOf(text("region: 'eu-west-2'")).join()).toContain('must be in eu-west-2, where the alarms are')
  expect(estateOf(text('metrics: {region: eu-west-1}')).service.alarms.topics).toHaveLength(1)
})

test('the first look never comes after `late`, where nothing is written about it', () => {
  const [pair] = estateOf(`${SMALL}    late: 10s\n`).pairs
  expect(pair!.firstLook).toEqual({ minMs: 2000, maxMs: 10_000 })
})

test('an estate is frozen all through', () => {
  const estate = estateOf(SMALL)
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
  expect(frozen(estate)).toBe(true)
})

// ---------------------------------------------------------------- faults

test('all faults are listed at once, in the order of the file, each with line, path, what was found and what is allowed', () => {
  const text = `name: small
acounts: {}
accounts:
  main: {id: 012345678901}
service:
  redis: {durability: sink}
  shutdownGrace: 25
pairs:
  - name: docs
    source: {bucket: docs-here, region: eu-wst-1, account: mian}
    destination: {bucket: docs-there, region: eu-west-2, account: main}
    late: 2d
`
  expect(faultsOf(text, { LANDFALL_LOG_LEVEL: 'inf' })).toEqual([
    'LANDFALL_LOG_LEVEL (environment): is not one of the allowed values, found "inf" (did you mean info?; allowed: trace, debug, info, warn, error, fatal, silent)',
    'f:2:1 acounts: unknown key (did you mean accounts?; allowed: name, accounts, extraRegions, service, queues, pairs, dumps, shipments, templates)',
    'f:4:14 accounts.main.id: must be twelve digits in quotes (YAML drops the leading zeros of a bare number), found 12345678901',
    'f:6:23 service.redis.durability: is not one of the allowed values, found "sink" (did you mean sync?; allowed: sync, window)',
    'f:7:18 service.shutdownGrace: must be a duration with its unit, such as 30s, 15m, 2h or 7d, found 25',
    'f:10:41 pairs[0].source.region: is no region that is known here (a new one goes under extraRegions), found "eu-wst-1" (did you mean eu-west-1?)',
    'f:10:60 pairs[0].source.account: is no account of this file, found "mian" (did you mean main?; allowed: main)',
    'f:12:11 pairs[0].late: must be less than `fail` (1d), found 2d',
  ])
})

const PAIR = `  - name: more
    source: {bucket: more-here, region: eu-west-1, account: main}
    destination: {bucket: more-there, region: eu-west-2, account: main}
`

test.each([
  ['the same name twice', 'more\n', 'docs\n', 'f:10:11 pairs[1].name: there is a pair of this name already'],
  ['a source in two pairs', 'more-here', 'docs-here', 'f:11:22 pairs[1].source.bucket: is the source of the pair docs'],
  [
    'a destination in two pairs',
    'more-there',
    'docs-there',
    'pairs[1].destination.bucket: is the destination of the pair docs',
  ],
  ['one bucket on both sides', 'more-there', 'more-here', 'pairs[1].destination.bucket: is the source bucket too'],
])('%s is refused', (_, from, to, expected) => {
  expect(faultsOf(SMALL + PAIR)).toEqual([])
  const faults = faultsOf(SMALL + PAIR.replace(from, to))
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain(expected)
})

test('two-way pairs are allowed: the source of one is the destination of the other', () => {
  const back = PAIR.replace('more-here', 'docs-there').replace('more-there', 'docs-here')
  expect(faultsOf(SMALL + back)).toEqual([])
})

test.each([
  ['late as long as fail', '    late: 1h\n    fail: 60m\n', 'pairs[0].late: must be less than `fail` (1h), found 1h'],
  ['first look after late', '    firstLook: {max: 20m}\n', 'firstLook.max: must be at most `late` (15m), found 20m'],
  [
    'bounds the wrong way round',
    '    firstLook: {min: 2m, max: 1m}\n',
    'firstLook.max: must be at least firstLook.min (2m)',
  ],
  [
    'a share above 1',
    '    attributesSample: 3\n',
    'attributesSample: must be a number from 0 to 1, or a percentage such as 1%, found 3',
  ],
  ['a limit out of its bounds', '    recheck: 8d\n', 'recheck: 8d is outside of 1s to 7d, found "8d"'],
  ['an unknown key', '    evidnce: list\n', 'pairs[0].evidnce: unknown key (did you mean evidence?'],
  ['a wrong choice', '    evidence: ist\n', 'found "ist" (did you mean list?; allowed: auto, list)'],
  ['a value that is missing', '    excludePrefixes:\n', 'pairs[0].excludePrefixes: must be a list, found nothing'],
])('%s is refused', (_, line, expected) => {
  const faults = faultsOf(SMALL + line)
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain(expected)
})

test.each([
  ['no FIFO queue', 'name: events', 'name: events.fifo', 'queues[0].name: is no name of a standard queue'],
  ['no bucket name', 'docs-here', 'Docs_Here', 'pairs[0].source.bucket: is no bucket name'],
  ['names fit Redis keys', 'name: docs', "name: 'a{b}'", 'the placeholder {b} needs a `for` in this entry'],
  ['no pair', SMALL.slice(SMALL.indexOf('pairs:')), 'pairs: []', 'pairs: holds no pair'],
  [
    'an account of another file',
    'account: main}\npairs',
    'account: other}\npairs',
    'queues[0].account: is no account of this file',
  ],
])('%s', (_, from, to, expected) => {
  expect(faultsWith(from, to).join('\n')).toContain(expected)
})

test('a region that is newer than the list goes under extraRegions', () => {
  const text = SMALL.replaceAll('eu-west-1', 'eu-north-9')
  expect(faultsOf(text)).toHaveLength(1)
  expect(faultsOf(`${text}extraRegions: [eu-north-9]\n`)).toEqual([])
})

test('YAML that cannot be read is told with its lines', () => {
  expect(faultsOf('a: [1\nb: 2\na: 3')).toEqual([
    expect.stringMatching(/^f:2:1 YAML: /),
    'f:3:1 YAML: Map keys must be unique',
  ])
  expect(faultsOf('')).toHaveLength(3)
  expect(faultsOf('[1]')).toEqual(['f:1:1 (the whole file): must be a map, found a list'])
  expect(faultsOf('name: *nobody')[0]).toContain('nobody')
})

test('a secret is never part of a fault', () => {
  const text = SMALL.replace("id: '012345678901'", "id: '012345678901', externalId: 'se cret'")
  const faults = [...faultsOf(text), ...faultsOf(SMALL, { REDIS_URL: 'http://user:secret@host' })]
  expect(faults).toHaveLength(2)
  expect(faults.join()).not.toMatch(/se ?cret/)
})

test('no text makes it throw', () => {
  const words = fc.constantFrom(
    'pairs',
    'for',
    'template',
    'templates',
    'name',
    '{a}',
    '*x',
    '&x',
    '- ',
    ': ',
    '\n',
    '  ',
    '[',
    '{',
    '}',
    "'",
    '15m',
    '<<',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 30 }), (parts) => {
      const { estate, faults } = checkText(parts.join(''), {})
      return (estate === undefined) === faults.length > 0
    }),
    { numRuns: 300 },
  )
})

// ---------------------------------------------------------------- templates

function templated(entry: string, templates = ''): string {
  return `name: t\naccounts: {main: {id: '012345678901'}}\n${templates}pairs:\n${entry}`
}
const BOTH = `
    source: {bucket: 's-{kind}', region: eu-west-1, account: main}
    destination: {bucket: 'd-{kind}', region: eu-west-2, account: main}
`

test('`for` makes an entry for every combination, the first variable slowest', () => {
  const entry = `  - for: {kind: [docs, mail], n: [1, 2]}\n    name: '{kind}-{n}'${BOTH.replace('s-{kind}', 's-{kind}-{n}').replace('d-{kind}', 'd-{kind}-{n}')}`
  expect(estateOf(templated(entry)).pairs.map((pair) => pair.name)).toEqual(['docs-1', 'docs-2', 'mail-1', 'mail-2'])
})

test('the values of a variable may have fields, and a lone placeholder keeps their types', () => {
  const entry = `  - for: {kind: {docs: {markers: false, late: 5m}, mail: {markers: true, late: 10m}}}
    name: '{kind}'
    deleteMarkers: '{kind.markers}'
    late: '{kind.late}'${BOTH}`
  const pairs = estateOf(templated(entry)).pairs.map((pair) => [pair.name, pair.deleteMarkers, pair.lateAfterMs])
  expect(pairs).toEqual([
    ['docs', false, 300_000],
    ['mail', true, 600_000],
  ])
})

test('an entry is laid over its template: maps are joined, the entry wins, lists replace', () => {
  const templates = `templates:
  base: {late: 5m, excludePrefixes: [a/, b/], source: {region: eu-west-1, account: main}, firstLook: {min: 3s, max: 9s}}
`
  const entry = `  - template: base
    name: docs
    source: {bucket: here-it-is}
    destination: {bucket: there-it-is, region: eu-west-2, account: main}
    excludePrefixes: ['{{tmp}}/']
    firstLook: {max: 8s}
`
  expect(estateOf(templated(entry, templates)).pairs[0]).toMatchObject({
    source: { bucket: 'here-it-is', region: 'eu-west-1', account: 'main' },
    lateAfterMs: 300_000,
    excludePrefixes: ['{tmp}/'],
    firstLook: { minMs: 3000, maxMs: 8000 },
  })
})

test('a fault of a template is told once, at the template', () => {
  const templates = `templates:\n  base:\n    late: 15\n  spare: {}\n`
  const entry = `  - template: base\n    for: {kind: [docs, mail]}\n    name: '{kind}'${BOTH}`
  expect(faultsOf(templated(entry, templates))).toEqual([
    'f:5:11 templates.base.late: must be a duration with its unit, such as 30s, 15m, 2h or 7d, found 15',
    'f:6:3 templates.spare: no entry uses this template: name it, or remove it',
  ])
})

test.each([
  [
    'an unknown variable',
    `  - for: {kind: [docs]}\n    name: '{kid}'${BOTH}`,
    ['f:5:11 pairs[0].name: no variable for the placeholder {kid} (did you mean kind?; allowed: kind)'],
  ],
  [
    'a field that one value lacks',
    `  - for: {kind: {docs: {late: 5m}, mail: {}}}\n    name: '{kind}'\n    late: '{kind.late}'${BOTH}`,
    ['f:6:11 pairs[0].late: the placeholder {kind.late} has no value for kind=mail'],
  ],
  [
    'an unknown template',
    `  - template: bas\n    name: docs${BOTH.replaceAll('{kind}', 'docs')}`,
    ['f:4:15 pairs[0].template: no such template, found "bas"'],
  ],
  [
    'a variable without values',
    `  - for: {kind: []}\n    name: '{kind}'${BOTH}`,
    ['f:4:17 pairs[0].for.kind: must be a list of plain values, or a map from values to their fields, found a list'],
  ],
])('%s is one fault', (_, entry, expected) => {
  expect(faultsOf(templated(entry)).map((fault) => fault.replace(' (allowed: )', ''))).toEqual(expected)
})

// ---------------------------------------------------------------- environment, secrets, units, pages

test('the environment goes before the file; empty variables count as absent', () => {
  const env = {
    REDIS_URL: 'rediss://r:1',
    LANDFALL_LOG_LEVEL: 'debug',
    LANDFALL_HTTP_PORT: '0',
    LANDFALL_METRICS: 'off',
    LANDFALL_HTTP_HOST: '',
  }
  const { service } = estateOf(`${SMALL}service: {log: {level: error}}\n`, env)
  expect(service).toMatchObject({
    redis: { url: 'rediss://r:1' },
    log: { level: 'debug' },
    http: { host: '127.0.0.1', port: 0 },
    metrics: { enabled: false },
  })
  expect(faultsOf(SMALL, { LANDFALL_HTTP_PORT: 'x', LANDFALL_METRICS: 'maybe' })).toEqual([
    'LANDFALL_HTTP_PORT (environment): must be a number, found "x"',
    'LANDFALL_METRICS (environment): is neither on nor off, found "maybe" (allowed: true, false)',
  ])
})

test('which file: the option, then LANDFALL_CONFIG, then landfall.yaml', async () => {
  expect((await checkFile({ path: EXAMPLE, env: { LANDFALL_CONFIG: '/nowhere' } })).file).toBe(EXAMPLE)
  expect((await checkFile({ env: { LANDFALL_CONFIG: EXAMPLE } })).file).toBe(EXAMPLE)
  await expect(loadEstate({ path: '/nowhere', env: {} })).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
})

test('the error of a bad file lists its faults, as text and as data', () => {
  const { faults } = checkText('name: 5', {})
  const error = invalid('f', faults)
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 2, details: { file: 'f', faults } })
  expect(error.message.split('\n')).toHaveLength(1 + faults.length)
})

test('nothing that is shown holds a secret', () => {
  const text = SMALL.replace("id: '012345678901'", "id: '012345678901', externalId: hush-hush")
  const estate = estateOf(text, { REDIS_URL: 'rediss://app:hush-hush@r.example:6380/0?password=hush-hush' })
  const shown = JSON.stringify(redactEstate(estate))
  expect(shown).not.toContain('hush')
  expect(shown).toContain('rediss://app:***@r.example:6380/0?***')
  expect(redactUrl('hush hush')).toBe('***')
  expect(redactUrl('redis://localhost:6379')).toBe('redis://localhost:6379')
})

test('durations and shares', () => {
  expect(['15m', '2h', '1h30m', '1h 30m', '500ms', '1.5s', '0s'].map(parseDuration)).toEqual([
    900_000, 7_200_000, 5_400_000, 5_400_000, 500, 1500, 0,
  ])
  expect(['', '15', 'm', '15 min', '-1s', '1e3s', '15M'].map(parseDuration)).toEqual(Array(7).fill(undefined))
  expect([0.5, '1%', '100 %', 2, -1, '1', '101%', 'x'].map(parseShare)).toEqual([
    0.5,
    0.01,
    1,
    ...Array(5).fill(undefined),
  ])
  fc.assert(fc.property(fc.nat({ max: 10 ** 12 }), (ms) => parseDuration(formatDuration(ms)) === ms))
})

test('docs/landfall.schema.json is what `landfall config schema` prints', () => {
  expect(JSON.parse(read('docs/landfall.schema.json'))).toEqual(fileJsonSchema())
})

test('docs/config.md tells of every variable and every key', () => {
  const page = read('docs/config.md')
  for (const { name } of VARIABLES) expect(page).toContain(`\`${name}\``)
  const named = [...page.matchAll(/`((?:LANDFALL|REDIS)_[A-Z_]+)`/g)].map((match) => match[1])
  for (const name of named) expect(VARIABLES.map((variable) => variable.name)).toContain(name)
  const keys = Object.values(fileJsonSchema().properties!).flatMap((schema) => [
    ...Object.keys(schema.properties ?? {}),
    ...Object.keys(schema.items?.properties ?? {}),
  ])
  for (const key of keys) expect(page).toContain(key)
})

test('dumps and shipments: names that nothing has, names twice, and a shipment into itself', () => {
  const place = 'bucket: dumps-here, region: eu-west-1'
  const faults = faultsOf(`${SMALL}
dumps:
  - {name: nightly, ${place}, account: main, pair: dosc}
  - {name: nightly, ${place}, account: mian}
shipments:
  - name: staging
    from: {${place}, account: main, prefix: in/}
    to: {${place}, account: main, prefix: in/done/}
    dump: nigthly
`).join('\n')
  expect(faults).toMatch(/dumps\[0\]\.pair: is no pair of this file, found "dosc" \(did you mean docs\?/)
  expect(faults).toMatch(/dumps\[1\]\.name: there is a dump of this name already/)
  expect(faults).toMatch(/dumps\[1\]\.account: is no account of this file/)
  expect(faults).toMatch(/shipments\[0\]\.to: lies within `from`/)
  expect(faults).toMatch(/shipments\[0\]\.dump: is no dump of this file, found "nigthly" \(did you mean nightly\?/)
})
