/** Who ships a stream into S3, as commands of a shell; all send parts of one size, as many at a time. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PartPlan } from '../../src/domain/dump/parts.ts'
import { MIB } from './streams.ts'

export const BUCKET = 'bench-dumps'
export const LANDFALL = 'landfall'
const SHIP = join(import.meta.dirname, 'ship-process.ts')

export interface Contestant {
  readonly name: string
  readonly needs: readonly string[]
  /** The stream is its standard input. */
  readonly command: (key: string) => string
  /** Beside the bar: told, and no part of it. */
  readonly beside?: boolean | undefined
}

export interface Contest {
  readonly url: string
  readonly folder: string
  readonly plan: PartPlan
  readonly bytes: number
  readonly recipient: string
}

/** Settings of the others, as files; nothing of this machine's own for AWS, proxies and certificates is read. */
export async function writeSettings({ url, folder, plan }: Contest): Promise<Readonly<Record<string, string>>> {
  const part = plan.size / MIB
  const config = join(folder, 'aws-config')
  await writeFile(
    config,
    `[default]\nregion = eu-west-1\ns3 =\n  multipart_chunksize = ${part}MB\n  max_concurrent_requests = ${plan.concurrency}\n  addressing_style = path\n`,
  )
  await writeFile(
    join(folder, 'rclone.conf'),
    `[bench]\ntype = s3\nprovider = Other\nendpoint = ${url}\nregion = eu-west-1\naccess_key_id = 111111111111\nsecret_access_key = x\nforce_path_style = true\n`,
  )
  // As `landfall` itself has it (src/cli.ts): what Node made of the modules is kept.
  const cache = { NODE_COMPILE_CACHE: join(folder, 'compiled') }
  return {
    ...cache,
    HOME: folder,
    AWS_CONFIG_FILE: config,
    AWS_ACCESS_KEY_ID: '111111111111',
    AWS_SECRET_ACCESS_KEY: 'x',
  }
}

/** `format`: what Landfall takes it for. */
export function bare(contest: Contest, format: 'plain' | 'custom'): readonly Contestant[] {
  const { folder, plan } = contest
  return [
    { name: LANDFALL, needs: [], command: ship(contest, 'none', format) },
    {
      name: 'rclone rcat',
      needs: ['rclone'],
      command: (key) =>
        `rclone --config ${folder}/rclone.conf --s3-chunk-size ${plan.size / MIB}M --s3-upload-concurrency ${plan.concurrency} --s3-no-check-bucket rcat bench:${BUCKET}/${key}`,
    },
    { name: 'aws s3 cp', needs: ['aws'], command: aws(contest) },
  ]
}

export function encoded(contest: Contest): readonly Contestant[] {
  const pipe = (threads: string) => (key: string) =>
    `zstd -q -3 ${threads} --check | age -r ${contest.recipient} | ${aws(contest)(key)}`
  const needs = ['zstd', 'age', 'aws']
  return [
    { name: LANDFALL, needs: [], command: ship(contest, contest.recipient, 'plain') },
    { name: 'zstd | age | aws s3 cp', needs, command: pipe('') },
    { name: 'zstd -T0 | age | aws s3 cp', needs, command: pipe('-T0'), beside: true },
  ]
}

function ship({ url, bytes }: Contest, recipient: string, format: string) {
  return (key: string): string => `${process.execPath} ${SHIP} ${url} ${BUCKET} ${key} ${bytes} ${recipient} ${format}`
}

function aws({ url, bytes }: Contest) {
  return (key: string): string =>
    `aws --endpoint-url ${url} s3 cp --only-show-errors --expected-size ${bytes} - s3://${BUCKET}/${key}`
}
