import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { S3Error } from '../errors.ts'
import { findObject } from '../find.ts'
import { bypasses, checkEnabled, isLocked, readRetention } from '../object-lock.ts'
import type { BucketRequest } from '../request.ts'
import { changeOf } from '../store/lock.ts'
import { parseXml, textOf } from '../xml-read.ts'

/** An empty document takes the retention away. */
export async function putObjectRetention(request: BucketRequest): Promise<Reply> {
  const { bucket, call, clock, key, store, writer } = request
  const root = parseXml(await readDocument(call), 'Retention')
  checkEnabled(bucket)
  const version = findObject(request)
  const [mode, until] = [textOf(root, 'Mode'), textOf(root, 'RetainUntilDate')]
  if ((mode === undefined) !== (until === undefined)) throw new S3Error('MalformedXML')
  const retention = mode === undefined ? undefined : readRetention(mode, until!, clock.now())
  const change = changeOf(version.lock?.retention, retention, clock.now())
  if (change === 'never' || (change === 'bypass' && !bypasses(request, key))) throw isLocked()
  store.setLock(bucket, version, { ...version.lock, retention }, 'retention', writer)
  return { status: 200 }
}
