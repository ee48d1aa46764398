/** Dumps and shipments. */
import {
  READERS,
  CATALOG,
  pairs,
  bothObjects,
  when,
  dumps,
  foldersFor,
  made,
  shipments,
  drilled,
  type Grant,
} from './grant.ts'
import { bucketAt, isDirect, objectsAt } from './places.ts'

export const DUMP_GRANTS: readonly Grant[] = [
  // Dumps
  {
    actions: ['s3:ListBucketVersions', 's3:ListBucket'],
    by: [...CATALOG, 'dump'],
    on: 'buckets of `dumps`, and (but for `dump`) of their replicas',
    when: '`dumps`',
    why: 'the catalog; a lifecycle marker hides a key, never a version',
    at: dumps((dump, estate, by) => foldersFor(dump, estate, by).map(bucketAt)),
  },
  {
    actions: ['s3:GetObject'],
    by: ['service', 'operator', 'dump'],
    on: 'dumps, and (but for `dump`) their replicas',
    when: '`dumps`',
    why: 'whether a key is taken; what stands there now',
    at: dumps((dump, estate, by) => foldersFor(dump, estate, by).map((at) => objectsAt(at, at.prefix))),
  },
  {
    actions: ['s3:GetObjectVersion'],
    by: [...CATALOG, 'dump'],
    on: 'dumps, and (but for `dump`) their replicas',
    when: '`dumps`',
    why: 'reads manifests and records, verifies, restores',
    at: dumps((dump, estate, by) => foldersFor(dump, estate, by).map((at) => objectsAt(at, at.prefix))),
  },
  {
    actions: ['s3:GetObjectRetention'],
    by: ['service', 'operator'],
    on: 'dumps, and their replicas',
    when: '`dumps`',
    why: 'how long a dump is locked',
    at: dumps((dump, estate, by) => foldersFor(dump, estate, by).map((at) => objectsAt(at, at.prefix))),
  },
  {
    actions: ['s3:PutObject'],
    by: READERS,
    on: 'dumps',
    when: '`dumps`',
    why: 'the record of a verification, beside the dump',
    at: dumps(({ place }) => [objectsAt(place, place.prefix)]),
  },
  {
    actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
    by: ['service', 'dump'],
    on: 'dumps',
    when: '`database` (the service: with `schedule`)',
    why: 'uploads a dump; ends uploads that were broken off',
    at: dumps(({ place }) => [objectsAt(place, place.prefix)], made),
  },
  {
    actions: ['s3:ListBucketMultipartUploads'],
    by: ['service', 'dump'],
    on: 'buckets of `dumps`',
    when: '`database` (the service: with `schedule`)',
    why: 'finds uploads that were broken off',
    at: dumps(({ place }) => [bucketAt(place)], made),
  },
  {
    actions: ['s3:PutObjectRetention'],
    by: ['service', 'dump'],
    on: 'dumps',
    when: '`database` and `lock` (the service: with `schedule`)',
    why: 'locks a dump as it is made',
    at: dumps(
      ({ place }) => [objectsAt(place, place.prefix)],
      (dump, by) => made(dump, by) && dump.lock !== undefined,
    ),
  },
  {
    actions: ['s3:ListBucketVersions'],
    by: CATALOG,
    on: 'the bucket of `service.snapshot`',
    when: '`dumps` and `service.snapshot`',
    why: 'finds the reports of drills',
    at: ({ dumps: all, service: { snapshot } }) =>
      snapshot === undefined ? [] : when(all.length > 0, [bucketAt(snapshot)]),
  },
  {
    actions: ['s3:GetObjectVersion'],
    by: CATALOG,
    on: "drills' reports, under `service.snapshot`",
    when: '`dumps` and `service.snapshot`',
    why: 'when a dump was last drilled',
    at: ({ dumps: all, service: { snapshot } }) =>
      snapshot === undefined ? [] : when(all.length > 0, [objectsAt(snapshot, `${snapshot.prefix}drills/`)]),
  },
  {
    actions: ['s3:PutObject'],
    by: ['service', 'drill'],
    on: "drills' reports, under `service.snapshot`",
    when: '`service.snapshot` (the service: with `drill.schedule`)',
    why: 'what a drill found',
    at: (estate, by) => {
      const { snapshot } = estate.service
      if (snapshot === undefined) return []
      const all = by === 'drill' || estate.dumps.some((dump) => drilled(dump, by))
      return when(all, [objectsAt(snapshot, `${snapshot.prefix}drills/`)])
    },
  },
  {
    actions: ['s3:ListBucketVersions', 's3:ListBucket'],
    by: ['drill'],
    on: "each pair's destination bucket",
    when: '',
    why: '`drill replicas` draws versions by chance',
    at: pairs(({ destination }) => [bucketAt(destination)]),
  },
  {
    actions: ['s3:GetObjectVersion'],
    by: ['drill'],
    on: "each pair's objects",
    when: '',
    why: '`drill replicas` reads them to the last byte, on both sides unless `--no-source`',
    at: pairs(bothObjects),
  },
  {
    actions: ['s3:DeleteObjectVersion'],
    by: ['prune'],
    on: 'dumps',
    when: '`pruneRoleArn`',
    why: '`dump prune`; no other role deletes anything',
    at: dumps(
      ({ place }) => [objectsAt(place, place.prefix)],
      ({ pruneRoleArn }) => pruneRoleArn !== undefined,
    ),
  },

  // Shipments
  {
    actions: ['s3:ListBucketVersions', 's3:ListBucket'],
    by: READERS,
    on: 'buckets of `shipments`, both sides',
    when: '`shipments`',
    why: 'sweeps for what no event told of; what is there already',
    at: shipments(({ from, to }) => [bucketAt(from), bucketAt(to)]),
  },
  {
    actions: ['s3:GetObject', 's3:GetObjectVersion'],
    by: READERS,
    on: 'objects of `shipments`, both sides',
    when: '`shipments`',
    why: 'reads what it carries, and proves that it arrived',
    at: shipments(({ from, to }) => [objectsAt(from, from.prefix), objectsAt(to, to.prefix)]),
  },
  {
    actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
    by: READERS,
    on: "objects under a shipment's `to`",
    when: '`shipments`',
    why: 'carries dumps there, and never over another',
    at: shipments(({ to }) => [objectsAt(to, to.prefix)]),
  },
  {
    actions: ['s3:PutObjectRetention'],
    by: READERS,
    on: "objects under a shipment's `to`",
    when: '`shipments` of a dump with `lock`',
    why: 'locks what it carries',
    at: shipments(({ to, dump }, estate) =>
      when(estate.dumps.find(({ name }) => name === dump)?.lock !== undefined, [objectsAt(to, to.prefix)]),
    ),
  },
  {
    actions: ['s3:GetObjectTagging'],
    by: READERS,
    on: "objects under a shipment's `from`",
    when: '`shipments` between accounts of one role',
    why: "S3's own copy takes tags along",
    at: shipments(({ from, to }, estate) => when(isDirect(estate, from, to), [objectsAt(from, from.prefix)])),
  },
  {
    actions: ['s3:PutObjectTagging'],
    by: READERS,
    on: "objects under a shipment's `to`",
    when: '`shipments` between accounts of one role',
    why: "S3's own copy takes tags along",
    at: shipments(({ from, to }, estate) => when(isDirect(estate, from, to), [objectsAt(to, to.prefix)])),
  },
]
