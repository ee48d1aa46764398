/** A sandbox of its own, a configuration of one pair or more, and `landfall init` run on both. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { onTestFinished, vi } from 'vitest'
import { pointSdkAt } from './fake-aws.ts'
import { jsonOf, type Ran, runCommand } from './run-command.ts'
import { clientsFor, controlOf, startSandboxProcess } from './sandbox.ts'
import { writeEstateFile } from './estate-file.ts'

export const HOME = '333333333333'
export const SOURCE = 'digitalmarketplace-documents-production-production'
export const REPLICAS = 'digitalmarketplace-cross-region-documents-production'

export function initDocument(more: { readonly pair?: object; readonly service?: object } = {}): object {
  return {
    name: 'marketplace',
    accounts: { production: { id: HOME } },
    service: { region: 'eu-west-2', ...more.service },
    queues: [
      { name: 'landfall-ireland', region: 'eu-west-1', account: 'production' },
      { name: 'landfall-london', region: 'eu-west-2', account: 'production' },
    ],
    pairs: [
      {
        name: 'documents-production',
        source: { bucket: SOURCE, region: 'eu-west-1', account: 'production' },
        destination: { bucket: REPLICAS, region: 'eu-west-2', account: 'production' },
        ...more.pair,
      },
    ],
  }
}

export interface InitWorld {
  readonly url: string
  readonly ireland: ReturnType<typeof clientsFor>
  readonly london: ReturnType<typeof clientsFor>
  readonly control: ReturnType<typeof controlOf>
  readonly config: string
  init(...args: readonly string[]): Promise<Ran>
  /** `init plan --json`, its changes of these kinds as `kind part name`. */
  planned(...args: readonly string[]): Promise<readonly string[]>
  /** Takes messages off a queue until one holds the text. */
  heard(queue: 'landfall-ireland' | 'landfall-london', text: string): Promise<string>
}

/** Ended with the test. */
export async function startInitWorld(document: object = initDocument()): Promise<InitWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'landfall-init-'))
  const sandbox = await startSandboxProcess()
  pointSdkAt(sandbox.url, HOME)
  const config = await writeEstateFile(join(folder, 'landfall.yaml'), document)
  const ireland = clientsFor(sandbox.url, { account: HOME })
  const london = clientsFor(sandbox.url, { account: HOME, region: 'eu-west-2' })
  onTestFinished(async () => {
    ireland.destroy()
    london.destroy()
    vi.unstubAllEnvs()
    await sandbox.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const init = (...args: readonly string[]): Promise<Ran> =>
    runCommand(['init', ...args, '--config', config], { AWS_ENDPOINT_URL: sandbox.url })
  return {
    url: sandbox.url,
    ireland,
    london,
    control: controlOf(sandbox.url),
    config,
    init,
    async planned(...args) {
      const report = jsonOf(await init('plan', '--json', ...args)) as {
        readonly changes: readonly { readonly kind: string; readonly part: string; readonly name: string }[]
      }
      return report.changes
        .filter(({ kind }) => kind !== 'keep')
        .map(({ kind, part, name }) => `${kind} ${part} ${name}`)
    },
    async heard(queue, text) {
      const { sqs } = queue === 'landfall-ireland' ? ireland : london
      const QueueUrl = `${sandbox.url}/${HOME}/${queue}`
      for (let polls = 0; polls < 30; polls += 1) {
        const ask = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 })
        for (const { Body = '', ReceiptHandle } of (await sqs.send(ask)).Messages ?? []) {
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
          if (Body.includes(text)) return Body
        }
      }
      throw new Error(`no message with ${text} on ${queue}`)
    },
  }
}
