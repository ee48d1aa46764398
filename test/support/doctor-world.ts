/** A small estate that is set up as it should be, in a sandbox: what `doctor` has nothing to say about. */
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { PutBucketPolicyCommand, PutPublicAccessBlockCommand } from '@aws-sdk/client-s3'
import { type Aws, makeAws } from '../../src/aws/clients.ts'
import { provision } from '../../src/aws/provision.ts'
import type { Estate } from '../../src/config/estate.ts'
import { loadEstate } from '../../src/config/load.ts'
import { batchPermissions, batchTrust } from '../../src/domain/iam/batch-role.ts'
import { replicationPermissions, replicationTrust } from '../../src/domain/iam/replication-role.ts'
import { writeEstateFile } from './estate-file.ts'
import { recordingLog } from './log.ts'
import { tlsOnly } from './observed.ts'
import { clientsFor } from './sandbox.ts'

export const ACCOUNT = '111111111111'
export type Clients = ReturnType<typeof clientsFor>

export interface DoctorWorld {
  readonly estate: Estate
  readonly configFile: string
  readonly env: Readonly<Record<string, string>>
  readonly source: string
  readonly destination: string
  readonly batchBucket: string
  readonly role: string
  readonly batchRole: string
  /** Names; the dead-letter queue of each is `<name>-dead-letters`. */
  readonly sourceQueue: string
  readonly destinationQueue: string
  /** In the regions of the source and the destination. */
  readonly at: { readonly source: Clients; readonly destination: Clients }
  readonly aws: Aws
  close(): void
}

export interface DoctorWorldOptions {
  readonly sandboxUrl: string
  readonly redisUrl: string
  /** A folder for the configuration file. */
  readonly folder: string
  /** Of all names; short. */
  readonly prefix: string
  /** Merged over the configuration. */
  readonly more?: Readonly<Record<string, unknown>>
  /** Merged over `service`. */
  readonly service?: object
  readonly pair?: Readonly<Record<string, unknown>>
  /** Before anything is set up. */
  readonly rule?: 'v1' | 'v2'
}

export async function startDoctorWorld(options: DoctorWorldOptions): Promise<DoctorWorld> {
  const { sandboxUrl, redisUrl, folder, prefix, rule = 'v2' } = options
  const [source, destination, batch] = [`${prefix}-source`, `${prefix}-destination`, `${prefix}-redrive`]
  const [sourceQueue, destinationQueue] = [`${prefix}-eu-west-1`, `${prefix}-eu-west-2`]
  const role = `${prefix}-replication`
  const batchRole = `${prefix}-batch`
  const arn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`
  const configFile = await writeEstateFile(`${folder}/${prefix}.yaml`, {
    name: 'doctor',
    accounts: { main: { id: ACCOUNT } },
    service: {
      region: 'eu-west-2',
      redis: { url: redisUrl, durability: 'window' },
      http: { port: 0 },
      metrics: { enabled: false },
      ...options.service,
    },
    queues: [
      { name: sourceQueue, region: 'eu-west-1', account: 'main' },
      { name: destinationQueue, region: 'eu-west-2', account: 'main' },
    ],
    pairs: [
      {
        name: 'documents',
        source: { bucket: source, region: 'eu-west-1', account: 'main' },
        destination: { bucket: destination, region: 'eu-west-2', account: 'main' },
        redrive: { batch: { roleArn: arn(batchRole), bucket: batch, prefix: 'landfall/' } },
        ...options.pair,
      },
    ],
    ...options.more,
  })
  const estate = await loadEstate({ path: configFile, env: {} })
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  const at = {
    source: clientsFor(sandboxUrl, { account: ACCOUNT, region: 'eu-west-1' }),
    destination: clientsFor(sandboxUrl, { account: ACCOUNT, region: 'eu-west-2' }),
  }
  await provision({ estate, aws, replicationRole: () => arn(role), rule })
  const side = (bucket: string, region: string) => ({ bucket, region, accountId: ACCOUNT })
  const replicated = {
    source: side(source, 'eu-west-1'),
    destination: side(destination, 'eu-west-2'),
    tags: true,
    lock: true,
    deleteMarkers: true,
  }
  await makeRole(at.source, role, replicationTrust(ACCOUNT), replicationPermissions([replicated]))
  const batchPair = { source: { bucket: source }, batch: { bucket: batch, prefix: 'landfall/' } }
  await makeRole(at.source, batchRole, batchTrust(), batchPermissions([batchPair]))
  await Promise.all([shut(at.source, source), shut(at.destination, destination), shut(at.source, batch)])
  return {
    estate,
    configFile,
    env: {
      PATH: process.env['PATH'] ?? '',
      AWS_ENDPOINT_URL: sandboxUrl,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: 'sandbox',
    },
    source,
    destination,
    batchBucket: batch,
    role,
    batchRole,
    sourceQueue,
    destinationQueue,
    at,
    aws,
    close() {
      aws.close()
      at.source.destroy()
      at.destination.destroy()
    },
  }
}

async function makeRole({ iam }: Clients, RoleName: string, trust: object, grants: object): Promise<void> {
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }))
  await grantAll({ iam }, RoleName, grants)
}

/** What the role may, all of it. */
export async function grantAll({ iam }: Pick<Clients, 'iam'>, RoleName: string, grants: object): Promise<void> {
  const PolicyDocument = JSON.stringify(grants)
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'grants', PolicyDocument }))
}

/** To the public, and to requests without TLS. */
async function shut({ s3 }: Clients, Bucket: string): Promise<void> {
  const blocked = {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  }
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: blocked }))
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(tlsOnly(Bucket)) }))
}
