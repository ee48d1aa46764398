/** What `landfall init terraform` writes, read by HashiCorp's own HCL parser (as WebAssembly) and, where it is, `terraform fmt`. */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadEstate } from '../../src/config/load.ts'
import { hcl } from '../../src/domain/setup/hcl.ts'
import { terraformFiles } from '../../src/domain/setup/terraform-files.ts'
import { findCommand } from '../support/commands.ts'
import { smallEstate, smallPair } from '../support/small-estate.ts'

/** Required, not imported: its types bring those of browsers with them, for the whole program. */
const { parse } = createRequire(import.meta.url)('@cdktf/hcl2json') as {
  readonly parse: (name: string, text: string) => Promise<unknown>
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DEPLOY = join(ROOT, 'deploy', 'terraform')

type Blocks = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>
interface Module {
  readonly resource?: Readonly<Record<string, Blocks>>
  readonly provider?: Readonly<Record<string, readonly { readonly alias?: string; readonly region: string }[]>>
}

/** Arguments and blocks of the AWS provider's resources that are written (its documentation, version 5 and 6 alike). */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  aws_s3_bucket: ['bucket', 'object_lock_enabled'],
  aws_s3_bucket_versioning: ['bucket', 'versioning_configuration'],
  aws_s3_bucket_server_side_encryption_configuration: ['bucket', 'rule'],
  aws_s3_bucket_public_access_block: [
    'bucket',
    'block_public_acls',
    'block_public_policy',
    'ignore_public_acls',
    'restrict_public_buckets',
  ],
  aws_s3_bucket_ownership_controls: ['bucket', 'rule'],
  aws_s3_bucket_policy: ['bucket', 'policy'],
  aws_s3_bucket_lifecycle_configuration: ['bucket', 'rule'],
  aws_s3_bucket_replication_configuration: ['bucket', 'role', 'rule'],
  aws_s3_bucket_notification: ['bucket', 'queue'],
  aws_sqs_queue: [
    'name',
    'message_retention_seconds',
    'visibility_timeout_seconds',
    'receive_wait_time_seconds',
    'redrive_policy',
  ],
  aws_sqs_queue_policy: ['queue_url', 'policy'],
  aws_iam_role: ['name', 'path', 'assume_role_policy'],
  aws_iam_role_policy: ['name', 'role', 'policy'],
}

const example = () => loadEstate({ path: join(ROOT, 'landfall.example.yaml'), env: {} })

async function modulesOf(files: ReturnType<typeof terraformFiles>): Promise<ReadonlyMap<string, readonly Module[]>> {
  const parsed = await Promise.all(
    files.map(async ({ path, text }) => ({
      account: path.split('/')[0]!,
      module: (await parse(path, text)) as Module,
    })),
  )
  const byAccount = Map.groupBy(parsed, ({ account }) => account)
  return new Map([...byAccount].map(([account, all]) => [account, all.map(({ module }) => module)]))
}

describe('deploy/terraform', () => {
  it('is what the example gives: `landfall init terraform -c landfall.example.yaml --out deploy/terraform --force`', async () => {
    const files = terraformFiles(await example())
    const there = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tf'))
    expect(there.toSorted()).toEqual(files.map(({ path }) => path).toSorted())
    for (const { path, text } of files) expect(readFileSync(join(DEPLOY, path), 'utf8')).toBe(text)
  })

  const terraform = findCommand('terraform')
  it.skipIf(terraform === undefined)('is as `terraform fmt` leaves it', () => {
    const out = execFileSync(terraform!, ['fmt', '-check', '-diff', '-recursive', DEPLOY], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(out).toBe('')
  })
})

describe('the Terraform of an estate', () => {
  it('has resources and arguments that the AWS provider knows, with providers that are declared', async () => {
    for (const [account, modules] of await modulesOf(terraformFiles(await example()))) {
      const aliases = modules.flatMap(({ provider }) => provider?.['aws'] ?? []).map(({ alias }) => alias)
      expect(aliases, account).toEqual(expect.arrayContaining(['ireland', 'london']))
      for (const { resource = {} } of modules) {
        for (const [type, blocks] of Object.entries(resource)) {
          expect(Object.keys(KNOWN)).toContain(type)
          for (const [label, [block]] of Object.entries(blocks)) {
            const arguments_ = Object.keys(block!).filter((name) => name !== 'provider' && name !== 'depends_on')
            expect(
              arguments_.filter((name) => !KNOWN[type]!.includes(name)),
              `${type}.${label}`,
            ).toEqual([])
            const alias = /\{aws\.(\w+)\}/.exec(JSON.stringify(block!['provider'] ?? '${aws.ireland}'))?.[1]
            expect(aliases).toContain(alias)
          }
        }
      }
    }
  })

  it('refers to nothing that is not there, and names nothing twice', async () => {
    for (const [account, modules] of await modulesOf(terraformFiles(await example()))) {
      const names = modules.flatMap(({ resource = {} }) =>
        Object.entries(resource).flatMap(([type, blocks]) =>
          Object.entries(blocks).flatMap(([label, all]) => all.map(() => `${type}.${label}`)),
        ),
      )
      expect(new Set(names).size, account).toBe(names.length)
      const text = JSON.stringify(modules)
      const references = [...text.matchAll(/\$\{(aws_\w+\.\w+)(?:\.\w+)?\}/g)].map(([, name]) => name!)
      expect(references.length).toBeGreaterThan(5)
      expect(references.filter((name) => !names.includes(name))).toEqual([])
    }
  })

  it('has the rule of each pair whole: KMS, another owner, a storage class, without time control', async () => {
    const key = 'arn:aws:kms:eu-west-2:222222222222:key/0000'
    const estate = smallEstate({
      accounts: { main: { name: 'main', id: '111111111111' }, backups: { name: 'backups', id: '222222222222' } },
      pairs: [
        smallPair('documents', {
          deleteMarkers: false,
          destination: { bucket: 'documents-destination', region: 'eu-west-2', account: 'backups' },
          setup: { timeControl: false, storageClass: 'STANDARD_IA', kms: { sourceKeys: [key], replicaKey: key } },
        }),
      ],
    })
    const modules = await modulesOf(terraformFiles(estate))
    const [rule] = modules
      .get('main')!
      .flatMap(({ resource }) => resource?.['aws_s3_bucket_replication_configuration']?.['documents_source'] ?? [])
      .map((block) => (block['rule'] as Blocks[])[0])
    expect(rule).toMatchObject({
      id: 'landfall-documents',
      priority: 1,
      status: 'Enabled',
      filter: [{}],
      delete_marker_replication: [{ status: 'Disabled' }],
      source_selection_criteria: [{ sse_kms_encrypted_objects: [{ status: 'Enabled' }] }],
      destination: [
        {
          // Of another account, so of another root module: by its text.
          bucket: 'arn:aws:s3:::documents-destination',
          account: '222222222222',
          storage_class: 'STANDARD_IA',
          access_control_translation: [{ owner: 'Destination' }],
          encryption_configuration: [{ replica_kms_key_id: key }],
          metrics: [{ status: 'Enabled' }],
        },
      ],
    })
    expect(JSON.stringify(rule)).not.toContain('replication_time')
  })

  it('carries texts that look like templates as they are', async () => {
    const text = hcl([{ type: 'locals', attributes: { a: 'x${y}%{z}"\\n', b: { json: { 'k:1': ['${q}'] } } } }])
    expect(await parse('a.tf', text)).toEqual({
      locals: [{ a: 'x$${y}%%{z}"\\n', b: expect.stringContaining('$${q}') }],
    })
  })
})
