/** `landfall explain s3://BUCKET/KEY`: the whole story of one object, and what to do next. */
import { secretsOf } from '../config/redact.ts'
import type { Command } from 'commander'
import { makeAws } from '../aws/clients.ts'
import { makeObjectStore } from '../aws/object-store.ts'
import { makeRuleReader } from '../aws/replication-rules.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { Estate, Pair } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import { EXIT, isLandfallError, type LandfallError } from '../domain/errors.ts'
import type { Story, Unlearned } from '../domain/story.ts'
import { connectLedger } from '../ledger/connection.ts'
import { makeLedger } from '../ledger/ledger.ts'
import { makeLog } from '../log.ts'
import { systemClock, systemRandom } from '../system.ts'
import { type Explain, type ExplainLedger, makeExplain, type ToExplain } from '../workers/explain.ts'
import { makeInvestigate } from '../workers/investigate.ts'
import { examples, type Io, JSON_HELP, withConfig } from './command.ts'
import { storyLines } from './explain-view.ts'
import { placeOf } from './failures-shared.ts'
import { printJson, printLine } from './output.ts'
import { shellWord } from '../domain/shell-word.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly versionId?: string
}

/** A Redis that is away is told, and not waited for. */
const REDIS_WAIT_MS = 2_000

export function register(program: Command, io: Io): void {
  withConfig(
    program
      .command('explain')
      .description(
        'the whole story of one object: the rule that covers it, both sides, what the ledger knows, the verdict, what comes next',
      ),
  )
    .argument('<object>', 's3://BUCKET/KEY: the source or the destination bucket')
    .option('--version-id <id>', 'this version (default: the current one at the source)')
    .option('--json', JSON_HELP)
    .addHelpText(
      'after',
      `${examples('landfall explain s3://digitalmarketplace-documents-production-production/a/b.pdf', "landfall explain 's3://BUCKET/a key' --version-id 3HL4kqCxf3vjVBH40Nrjfkd --json")}
Exit codes: 0 landed or closed, ${EXIT.atRisk} at risk, ${EXIT.missing} no such object. Changes nothing; works without Redis, and says so.`,
    )
    .action(async (object: string, options: Options) => {
      const estate = await loadEstate({ path: options.config, env: io.env })
      const { key, pairs } = placeOf(estate, object)
      const chosen = estate.pairs.filter(({ name }) => pairs.includes(name))
      const stories = await withExplain(estate, io, async (explain) =>
        tellAll(explain, chosen, { key, versionId: options.versionId }),
      )
      const view = { colour: io.stdout.colour, width: Infinity }
      if (options.json) printJson(io.stdout, { object, stories })
      else
        stories.forEach((story, index) => {
          if (index > 0) printLine(io.stdout, '')
          for (const line of storyLines(story, systemClock.now(), view.colour)) printLine(io.stdout, line)
        })
      if (stories.some(({ state }) => state === 'at risk')) io.exitCode = EXIT.atRisk
    })
}

/** A bucket may be in several pairs; the object has to be in one of them. */
async function tellAll(explain: Explain, pairs: readonly Pair[], object: ToExplain): Promise<readonly Story[]> {
  const signal = new AbortController().signal
  const told = await Promise.all(
    pairs.map(async (pair): Promise<Story | LandfallError> => {
      try {
        return await explain(pair, object, signal)
      } catch (error) {
        if (isLandfallError(error)) return error
        throw error
      }
    }),
  )
  const stories = told.filter((one): one is Story => !isLandfallError(one))
  const faults = told.filter((one) => isLandfallError(one))
  const [fault] = [...faults.filter(({ code }) => code !== 'OBJECT_MISSING'), ...faults]
  if (stories.length === 0 && fault !== undefined) throw fault
  return stories
}

async function withExplain<T>(estate: Estate, io: Io, work: (explain: Explain) => Promise<T>): Promise<T> {
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  const { ledger, close } = await openLedger(estate)
  try {
    const objects = makeObjectStore({ estate, aws, clock: systemClock, log })
    const explain = makeExplain({
      objects,
      rules: makeRuleReader({ estate, aws }),
      investigate: makeInvestigate({ objects, clock: systemClock, random: systemRandom }),
      ledger,
      clock: systemClock,
      quote: shellWord,
    })
    return await work(explain)
  } finally {
    close()
    aws.close()
  }
}

async function openLedger({
  service: { redis },
}: Estate): Promise<{ readonly ledger: ExplainLedger | Unlearned; readonly close: () => void }> {
  try {
    const connection = await connectLedger(redis.url, { cluster: redis.cluster, connectTimeoutMs: REDIS_WAIT_MS })
    const ledger = makeLedger({ connection, clock: systemClock, durability: redis.durability })
    return { ledger, close: () => connection.disconnect() }
  } catch (error) {
    if (!isLandfallError(error)) throw error
    const { code, message, hint } = error
    return { ledger: { code, message, hint }, close: () => {} }
  }
}
