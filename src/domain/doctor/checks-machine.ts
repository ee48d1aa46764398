/** The checks of Redis, of the machine that Landfall runs on, and of canaries (checks.ts). */
import type { CheckRow } from './checks.ts'

export const MACHINE_CHECKS = {
  'redis.reachable': {
    title: 'Redis answers',
    why: 'The ledger is in it. While it is away, SQS keeps the events.',
    quick: true,
  },
  'redis.version': {
    title: 'it is new enough',
    why: 'Landfall needs Redis 6.2 or newer; from 7.2 on it can wait until a write is on disk (WAITAOF).',
    quick: true,
  },
  'redis.persistence': {
    title: 'it writes to disk',
    why: 'A Redis that forgets at its restart forgets what is open, although its SQS messages are deleted.',
    quick: true,
  },
  'redis.eviction': {
    title: 'it never drops keys',
    why: 'A Redis that evicts drops open versions, and the equation no longer holds.',
    quick: true,
  },
  'redis.memory': {
    title: 'it has room',
    why: 'Above 70 % of its memory intake waits, and events stay in SQS.',
    quick: true,
  },
  'redis.role': {
    title: 'we talk to a primary',
    why: 'A replica takes no writes: nothing could be booked.',
    quick: true,
  },
  'postgres.pg-dump': {
    title: 'pg_dump is there, and not older than the servers',
    why: 'pg_dump refuses a server that is newer than itself: no dump is made.',
  },
  'postgres.psql': {
    title: 'psql is patched for \\restrict',
    why: "An older psql refuses dumps of patched servers, or runs what stands in a dump as the machine's own commands (CVE-2025-8714).",
  },
  'postgres.server': {
    title: 'the database answers',
    why: 'A dump that has a schedule would fail tonight.',
  },
  'landfall.region': {
    title: 'Landfall runs outside of the regions that it watches',
    why: 'With the region of the sources what watches it would be gone too.',
    quick: true,
  },
  'landfall.clock': {
    title: 'the clock is right',
    why: 'AWS refuses requests that are 15 minutes off (S3) or 5 (others), and lags are counted wrong.',
    quick: true,
  },
  'landfall.config': {
    title: 'the configuration is meant as it stands',
    why: 'It is allowed, and probably not meant.',
    quick: true,
  },
  'landfall.token': {
    title: "the operator's page has a token",
    why: 'Without one the page takes no orders, and answers nobody but this machine.',
  },
  'landfall.snapshot': {
    title: 'the open list in S3 can be read',
    why: 'With Redis gone it is what says what is at risk.',
  },
  'landfall.alarms': {
    title: 'the alarms of the configuration are in the account',
    why: 'What nobody is told of is found out from those who miss their files.',
  },
  'canary.seen': {
    title: "a canary's event is read from the queue",
    why: 'It is what every other write should do: where it is not seen, events are being lost.',
  },
  'canary.landed': {
    title: 'a canary lands',
    why: 'It is what every other write should do: where it does not land, nothing does.',
  },
  'canary.swept': {
    title: 'old canaries are removed by a lifecycle rule of their own',
    why: 'Each canary is a new version of one key, on both sides; nobody else removes them.',
  },
} as const satisfies Record<string, CheckRow>
