/** Every document of test/fixtures/events/, and what each wire form says of the same write. */
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseMessage, type BucketEvent, type ParsedMessage } from '../../../../src/domain/events/index.ts'

const folder = new URL('../../../fixtures/events/', import.meta.url)
const fixture = (name: string): string => readFileSync(new URL(`${name}.json`, folder), 'utf8')

const EXPECTED: Readonly<Record<string, readonly [ParsedMessage['form'], Partial<BucketEvent>?]>> = {
  'eventbridge-object-created': ['eventbridge', { kind: 'created', principal: '111111111111', lifecycle: false }],
  'eventbridge-object-deleted': ['eventbridge', { kind: 'marker', lifecycle: false }],
  'key-with-odd-characters': [
    's3',
    { kind: 'created', key: 'g-cloud-12/communications/updates/Q&A – réponses (final) 100% + annexe.pdf' },
  ],
  'lifecycle-expiration-delete': ['s3', { kind: 'purged', lifecycle: true }],
  'object-created-copy': ['s3', { kind: 'created', name: 'ObjectCreated:Copy' }],
  'object-created-multipart': ['s3', { kind: 'created', etag: '9b2cf535f27731c974343645a3985328-12' }],
  'object-created-put': [
    's3',
    {
      kind: 'created',
      name: 'ObjectCreated:Put',
      bucket: 'digitalmarketplace-documents-production-production',
      region: 'eu-west-1',
      key: 'g-cloud-12/documents/92191/123456789012345-pricing document-2026-11-23-2104.pdf',
      versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
      size: 184_320,
      etag: 'd41d8cd98f00b204e9800998ecf8427e',
      sequencer: '0055AED6DCD90281E5',
      time: Date.UTC(2026, 10, 23, 21, 4, 32, 527),
      principal: 'AWS:AROAEXAMPLE:developers',
      lifecycle: false,
    },
  ],
  'object-removed-delete-marker': ['s3', { kind: 'marker', lifecycle: false }],
  'object-removed-version': ['s3', { kind: 'purged', lifecycle: false }],
  'replica-created-put': ['s3', { kind: 'created', region: 'eu-west-2', principal: 'AWS:AROAEXAMPLE:s3-replication' }],
  'replication-after-threshold': ['s3', { kind: 'replication' }],
  'replication-failed': [
    's3',
    {
      kind: 'replication',
      replication: {
        notice: 'failed',
        ruleId: 'cross-region',
        destinationBucket: 'digitalmarketplace-cross-region-documents-production',
        operation: 'OBJECT_PUT',
        requestTime: Date.UTC(2026, 10, 23, 21, 3, 59, 168),
        failureReason: 'AssumeRoleNotPermitted',
      },
    },
  ],
  'replication-missed-threshold': ['s3', { kind: 'replication' }],
  'replication-not-tracked': ['s3', { kind: 'replication' }],
  's3-test-event': ['test'],
  'sns-wrapped': ['sns', { kind: 'created', name: 'ObjectCreated:Put' }],
}

describe('the event documents', () => {
  it('are all expected here', () => {
    const names = readdirSync(folder).map((file) => file.replace('.json', ''))
    expect(names.toSorted()).toEqual(Object.keys(EXPECTED).toSorted())
  })

  for (const [name, [form, event]] of Object.entries(EXPECTED)) {
    it(name, () => {
      const parsed = parseMessage(fixture(name))
      expect(parsed).toMatchObject({ form, faults: [], events: event === undefined ? [] : [event] })
      expect(parsed.ignored.size).toBe(0)
    })
  }

  it.each([
    ['replication-missed-threshold', 'missed-threshold'],
    ['replication-after-threshold', 'after-threshold'],
    ['replication-not-tracked', 'not-tracked'],
  ])('%s', (name, notice) => {
    expect(parseMessage(fixture(name)).events[0]?.replication?.notice).toBe(notice)
  })

  it('say the same in every envelope', () => {
    const put = fixture('object-created-put')
    const plain = parseMessage(put).events
    const sns = (message: string): string => JSON.stringify({ Type: 'Notification', TopicArn: 'arn', Message: message })
    expect(parseMessage(sns(put)).events).toEqual(plain)
    expect(parseMessage(fixture('sns-wrapped')).events).toEqual(plain)

    const bridge = fixture('eventbridge-object-created')
    expect(parseMessage(sns(bridge))).toMatchObject({ form: 'sns', events: parseMessage(bridge).events })
    const { kind, bucket, key, versionId, size, etag, sequencer } = plain[0]!
    expect(parseMessage(bridge).events).toMatchObject([{ kind, bucket, key, versionId, size, etag, sequencer }])

    expect(parseMessage(sns(fixture('s3-test-event'))).form).toBe('test')
  })
})
