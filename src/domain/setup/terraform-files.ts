/**
 * The whole set-up of an estate as Terraform: a root module an account, with a provider a region. It is the plan from nothing,
 * so that both ways make the same. Pure.
 */
import type { Change, Step } from './change.ts'
import type { SetupEstate } from './estate.ts'
import { type HclBlock, hcl, raw } from './hcl.ts'
import type { Observed, SeenBucket } from './observed.ts'
import { bucketsOf } from './places.ts'
import { planSetup } from './plan.ts'
import { knownOf, resourcesOf } from './terraform.ts'
import { aliasOf } from './terraform-names.ts'

export interface TerraformFile {
  /** `<account>/<file>.tf` */
  readonly path: string
  readonly text: string
}

const FILES = [
  ['buckets.tf', 'The buckets: versioned, encrypted, closed.', isBucket],
  ['roles.tf', 'The roles that S3 acts under.', isRole],
  ['queues.tf', 'The intake queues, with their dead-letter queues.', isQueue],
  [
    'replication.tf',
    'What is replicated, and who is told of it.',
    (step: Step) => !isBucket(step) && !isRole(step) && !isQueue(step),
  ],
] as const

export function terraformFiles(estate: SetupEstate, pair?: string): readonly TerraformFile[] {
  const changes = planSetup(estate, nothing(estate), { pair })
  const steps = changes.flatMap((change) => (change.step === undefined ? [] : [{ change, step: change.step }]))
  const byAccount = Map.groupBy(steps, ({ change }) => change.account)
  return [...byAccount].flatMap(([account, some]) => {
    const own = some.map(({ step }) => step)
    const known = knownOf(own)
    const regions = new Set(some.map(({ change }) => change.region).filter((region) => region !== 'global'))
    return [
      {
        path: `${account}/providers.tf`,
        text: providers(
          estate,
          account,
          regions,
          some.map(({ change }) => change),
        ),
      },
      ...FILES.flatMap(([file, about, takes]) => {
        const blocks = resourcesOf(own.filter(takes), known)
        return blocks.length === 0 ? [] : [{ path: `${account}/${file}`, text: `# ${about}\n\n${hcl(blocks)}` }]
      }),
    ]
  })
}

/** The resources that a change would be, for whoever owns what stands; undefined: nothing to write. */
export function terraformOf({ step }: Change): string | undefined {
  if (step === undefined) return undefined
  return hcl(resourcesOf([step], { buckets: new Set(), queues: new Set(), roles: new Set() }))
}

function isBucket({ do: what }: Step): boolean {
  return [
    'createBucket',
    'enableVersioning',
    'setEncryption',
    'blockPublicAccess',
    'enforceOwner',
    'addBucketStatements',
    'addLifecycleRules',
  ].includes(what)
}

function isRole({ do: what }: Step): boolean {
  return ['createRole', 'addTrust', 'addRoleStatements'].includes(what)
}

function isQueue({ do: what }: Step): boolean {
  return ['createQueue', 'setQueue', 'addQueueStatements'].includes(what)
}

function providers(
  estate: SetupEstate,
  account: string,
  regions: ReadonlySet<string>,
  changes: readonly Change[],
): string {
  const id = estate.accounts[account]?.id ?? account
  const provider = (region: string, alias: string | undefined): HclBlock => ({
    type: 'provider',
    labels: ['aws'],
    attributes: { alias, region, allowed_account_ids: [id] },
  })
  const [home = estate.service.region] = regions
  const blocks: HclBlock[] = [
    {
      type: 'terraform',
      attributes: { required_version: '>= 1.5' },
      blocks: [
        {
          type: 'required_providers',
          attributes: { aws: raw('{\n      source  = "hashicorp/aws"\n      version = ">= 5.0, < 7.0"\n    }') },
        },
      ],
    },
    // Roles are of no region.
    ...(changes.some(({ region }) => region === 'global') ? [provider(home, undefined)] : []),
    ...[...regions].toSorted().map((region) => provider(region, aliasOf(region))),
  ]
  return `# Written by \`landfall init terraform\` for the account ${account} (${id}).\n\n${hcl(blocks)}`
}

const ABSENT = { is: 'absent' } as const

/** An estate of which nothing stands. */
export function nothing(estate: SetupEstate): Observed {
  const bucket = (at: { readonly bucket: string; readonly region: string; readonly account: string }): SeenBucket => ({
    bucket: at.bucket,
    region: at.region,
    account: at.account,
    stands: ABSENT,
    versioning: ABSENT,
    encryption: ABSENT,
    publicAccess: ABSENT,
    ownership: ABSENT,
    policy: ABSENT,
    lifecycle: ABSENT,
    replication: ABSENT,
    notifications: ABSENT,
    objectLock: ABSENT,
    tags: ABSENT,
  })
  return {
    identities: new Map(),
    buckets: new Map([...bucketsOf(estate)].map(([name, at]) => [name, bucket(at)])),
    queues: new Map(),
    roles: new Map(),
    topics: new Map(),
  }
}
