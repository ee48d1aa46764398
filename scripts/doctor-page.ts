import { CANARY_KEY, OWN_PREFIX } from '../src/domain/canary.ts'
import { CHECK_IDS, CHECKS, type CheckId } from '../src/domain/doctor/checks.ts'
import { LEVELS } from '../src/domain/doctor/finding.ts'

/** By the part of a check's id before the point. */
const GROUPS = [
  { title: 'Accounts', of: ['identity'] },
  { title: 'Buckets', of: ['bucket', 'lifecycle', 'object-lock'] },
  { title: 'Replication', of: ['replication', 'role', 'batch'] },
  { title: 'Events', of: ['notifications', 'queue'] },
  { title: 'Redis', of: ['redis'] },
  { title: 'This machine, and what Landfall tells', of: ['postgres', 'landfall'] },
  { title: 'Canary', of: ['canary'] },
] as const

const groupOf = (id: CheckId): string => id.split('.')[0]!

/** docs/doctor.md, from the table of checks. */
export function doctorPage(): string {
  const grouped: readonly string[] = GROUPS.flatMap(({ of }) => of)
  const left = CHECK_IDS.filter((id) => !grouped.includes(groupOf(id)))
  if (left.length > 0) throw new Error(`no group in docs/doctor.md for ${left.join(', ')}`)
  return `${TEXT}${GROUPS.map(({ title, of }) => table(title, of)).join('\n')}`
}

function table(title: string, of: readonly string[]): string {
  const rows = CHECK_IDS.filter((id) => of.includes(groupOf(id))).map((id) => {
    const { title: asks, why, ...row } = CHECKS[id]
    return `| \`${id}\` | ${asks} | ${why} | ${'quick' in row ? 'yes' : ''} |`
  })
  return `### ${title}\n\n| check | it asks whether | what comes of it where not | at the start, too |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

const TEXT = `<!-- Written by \`node scripts/docs.ts\` from src/domain/doctor/checks.ts and scripts/doctor-page.ts: change those. -->

# Doctor

\`landfall doctor\` checks everything that Landfall rests on against the live accounts: buckets, replication rules, roles,
notifications, queues, Redis, PostgreSQL's tools, the clock. Each finding says what was seen, why it matters, and the command
that mends it.

\`\`\`sh
landfall doctor                                # all of it; what passed is counted
landfall doctor --all                          # and shown
landfall doctor --pair documents-production    # what matters to one pair, and to all
landfall doctor --quick                        # what \`landfall run\` looks at when it starts
landfall doctor --canary                       # and write a canary to each source, and see that it lands
landfall doctor --json                         # a line a finding, for whoever collects them
\`\`\`

It only reads, but for \`--canary\`. The commands that it names are quoted for the shell, and run nothing by themselves.

## Levels and exit codes

| level | means |
|---|---|
| \`pass\` | as it should be. A **note** passed as well, and says what Landfall cannot do there (MFA delete, say) |
| \`unknown\` | it could not be looked at: the look was refused (the grant is named), or there is no way to look. Never taken for missing |
| \`warn\` | it works, and something is lost, blind or weaker than it could be |
| \`fail\` | replication, events or the ledger are broken, or will be at the first occasion |

Exit code \`3\` where something fails (with \`--strict\` also where something warns), else \`5\` where something is unknown, else \`0\`. Other
codes are of the command itself: [cli.md](cli.md).

## For machines

\`--json\` prints one JSON document a line for each finding that is not \`pass\`, and for notes; with \`--all\` for every one:

\`\`\`json
{"format":"landfall/finding/1","estate":"digitalmarketplace","at":"2026-11-24T21:00:00.000Z","id":"bucket.versioning","level":"fail","title":"versioning is on","subject":{"kind":"bucket","name":"digitalmarketplace-documents-production-production","pairs":["documents-production"]},"seen":"versioning is suspended","why":"S3 replicates versions only: ...","mend":{"command":"landfall init apply --pair documents-production"}}
\`\`\`

\`id\` is stable; \`level\` is one of ${LEVELS.map((level) => `\`${level}\``).join(', ')}; \`mend\` has a \`command\`, a sentence (\`say\`), or both. Texts have words from
outside in them (names, policies): control characters are escaped.

## In the service

\`landfall run\` looks by itself: at its start, in its quick form and without waiting for it, and every \`service.doctor.every\`
(1 day), in one container of many, whole but for databases, alarms and the snapshot. Each \`fail\` and \`warn\` is a log line \`finding\` with the
document above in it; what could not be looked at is one line that names the actions. Metrics \`DoctorFailed\` and
\`DoctorWarned\`, alarm [doctor-failed](alarms.md#doctor-failed). What must end a start (refused credentials, a queue or bucket that is
missing or may not be listed) still does, before that.

## The canary

\`${CANARY_KEY}\` in a source is written over again and again, and has to do what every other write does: its event is read
from the queue, its replica lands. \`landfall doctor --canary\` writes one to each pair and waits for it (\`--wait\`, 60 seconds);
\`landfall run\` must be running, since it is its intake that sees the event. Where the destination's event does not come, a listing at the
key finds the replica. With \`service.doctor.canary: 15m\` the service writes one by itself that often: metrics
\`CanaryUnseen\`, \`CanaryUnlanded\`, \`CanaryLag\`, alarms [canary-unseen](alarms.md#canary-unseen) and
[canary-unlanded](alarms.md#canary-unlanded).

Keys under \`${OWN_PREFIX}\` are Landfall's own: they are in no count, no audit (by listing or by inventory), no shipment and no
re-drive, so the equation is about your objects alone. Each canary is one more version of one key on both sides: give both
buckets a lifecycle rule for the prefix \`${OWN_PREFIX}\` with \`NoncurrentVersionExpiration\` of one day, beside those that stand
(\`canary.swept\` warns where there is none). It needs \`s3:PutObject\` on \`arn:aws:s3:::SOURCE/${OWN_PREFIX}*\`.

## What it does not see

- EventBridge's rules: whether one sends a bucket's events to the queue is \`unknown\`; \`--canary\` proves it.
- Key policies of KMS, permissions boundaries, and service control policies: a grant that stands may still be taken away by them.
- Conditions on what is not known of a request (an organisation, a source network): \`unknown\`, never guessed.
- Queues that do not let us see them: SQS answers as if they were missing.

## Every check

`
