/** `landfall iam policies`. */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import type { Estate } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import { LandfallError } from '../domain/errors.ts'
import { documentOf } from '../domain/iam/document.ts'
import { documentsOf, type EstateDocuments, type RoleDocument } from '../domain/iam/policies.ts'
import { homeOf } from '../domain/iam/principals.ts'
import type { ResourceDocument } from '../domain/iam/resource-policies.ts'
import { inert } from '../domain/inert.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { createWhole } from './files.ts'
import { paint, printJson, printLine } from './output.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly role?: string
  readonly home?: string
  readonly out?: string
  readonly force?: true
  readonly externalIds?: true
}

export function register(program: Command, io: Io): void {
  const iam = program
    .command('iam')
    .description('what each role may, made from the configuration (docs/iam.md)')
    .addHelpText(
      'after',
      examples(
        'landfall iam policies',
        'landfall iam policies --role service',
        'landfall iam policies --out policies --external-ids',
        'landfall iam policies --home production --json',
      ),
    )
  withConfig(
    iam
      .command('policies')
      .description(
        'print trust and permission policies of each role, and what bucket and queue policies must add: only what is configured',
      ),
  )
    .option('--role <role>', 'only this role: service, dump, drill, operator, prune, replication, batch, or a name')
    .option('--home <account>', 'the account that Landfall runs in, where the configuration does not tell')
    .option('--out <dir>', 'write one JSON file a document, by account, in place of printing them')
    .option('--force', 'write over files that are there')
    .addOption(
      new Option('--external-ids', 'write external ids into trust policies; else a word stands for each of them'),
    )
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      '\nAsks nothing of AWS, and changes nothing there. Ends with 2 where --role or --home names none that there is.\n',
    )
    .action(async (options: Options) => policies(options, io))
}

async function policies(options: Options, io: Io): Promise<void> {
  const estate: Estate = await loadEstate({ path: options.config, env: io.env })
  const home = homeOf(estate, options.home)
  const all = documentsOf(estate, { home, externalIds: options.externalIds === true })
  const found = options.role === undefined ? all : only(all, options.role)
  const files = options.out === undefined ? [] : await writeAll(found, options.out, options.force === true)
  if (options.json) {
    printJson(io.stdout, { ...found, ...(options.out === undefined ? {} : { files }) })
    return
  }
  if (options.out !== undefined) {
    for (const file of files) printLine(io.stdout, inert(file))
    return
  }
  for (const role of found.roles) printRole(role, io)
  for (const resource of found.resources) printResource(resource, io)
}

/** A kind of role, or the name of one. What buckets and queues must say of it stays with it. */
function only(all: EstateDocuments, asked: string): EstateDocuments {
  const roles = all.roles.filter(({ kind, name, arn }) => kind === asked || name === asked || arn === asked)
  if (roles.length === 0) {
    const there = [...new Set(all.roles.flatMap(({ kind, name }) => [kind, name]))]
    throw new LandfallError('USAGE', `no role ${JSON.stringify(asked)}; there are: ${there.join(', ')}`)
  }
  const arns = new Set(roles.map(({ arn }) => arn))
  const resources = all.resources.flatMap((resource) => {
    const statements = resource.statements.filter(({ Principal: principal }) => {
      const named = typeof principal === 'object' ? principal.AWS : undefined
      return typeof named === 'string' && arns.has(named)
    })
    return statements.length === 0 ? [] : [{ ...resource, statements }]
  })
  return { ...all, roles, resources }
}

function printRole(role: RoleDocument, io: Io): void {
  const { stdout } = io
  printLine(stdout, paint(stdout, 'bold', `# ${inert(role.name)}: ${role.about}`))
  printLine(stdout, `# account ${inert(role.account)} (${role.accountId}), ${inert(role.arn)}`)
  for (const note of role.notes) printLine(stdout, `# note: ${inert(note)}`)
  printDocument('trust policy', role.trust, io)
  for (const { name, managed, document } of role.policies) {
    printDocument(`${managed ? 'managed' : 'inline'} policy ${inert(name)}`, document, io)
  }
}

function printResource(resource: ResourceDocument, io: Io): void {
  const { stdout } = io
  printLine(stdout, paint(stdout, 'bold', `# policy of the ${resource.kind} ${inert(resource.name)}`))
  printLine(stdout, `# account ${inert(resource.account)} (${resource.accountId}): add these statements to what stands`)
  printDocument('statements', documentOf(resource.statements), io)
}

function printDocument(title: string, document: object, { stdout }: Io): void {
  printLine(stdout, paint(stdout, 'dim', `# ${title}`))
  printLine(stdout, `${JSON.stringify(document, null, 2)}\n`)
}

/** `<dir>/<account>/<role>.trust.json` and so on; their paths. */
async function writeAll(documents: EstateDocuments, dir: string, overwrite: boolean): Promise<readonly string[]> {
  const files = [
    ...documents.roles.flatMap((role) => {
      const stem = `${role.account}/${role.name}`
      return [
        { path: `${stem}.trust.json`, document: role.trust },
        ...role.policies.map(({ document }, i) => ({
          path: role.policies.length === 1 ? `${stem}.policy.json` : `${stem}.policy-${i + 1}.json`,
          document,
        })),
      ]
    }),
    ...documents.resources.map(({ account, kind, name, statements }) => ({
      path: `${account}/${kind}-${name}.json`,
      document: documentOf(statements),
    })),
  ]
  const written: string[] = []
  for (const { path, document } of files) {
    const full = join(dir, path)
    await makeFolder(dirname(full))
    const file = await createWhole(full, { overwrite })
    try {
      await file.write(`${JSON.stringify(document, null, 2)}\n`)
      await file.finish()
    } catch (error) {
      await file.abandon()
      throw error
    }
    written.push(full)
  }
  return written
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new LandfallError('FILE_UNWRITABLE', `${path} cannot be made: ${said}`, { cause: error })
  }
}
