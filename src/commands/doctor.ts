/** `landfall doctor`: every assumption that Landfall rests on, checked against the live accounts. */
import { type Command, InvalidArgumentError } from 'commander'
import { loadEstate } from '../config/load.ts'
import type { Estate } from '../config/estate.ts'
import { CANARY_KEY } from '../domain/canary.ts'
import { countsOf, type Finding } from '../domain/doctor/finding.ts'
import { documentOf } from '../domain/doctor/report.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { systemClock } from '../system.ts'
import { examples, type Io, withConfig } from './command.ts'
import { openDoctor } from './doctor-looks.ts'
import { findingLines } from './doctor-view.ts'
import { printJson, printLine } from './output.ts'
import { makeProgress } from './progress.ts'

interface Options {
  readonly config?: string
  readonly pair?: readonly string[]
  readonly json?: true
  readonly all?: true
  readonly quick?: true
  readonly canary?: true
  readonly wait: number
  readonly strict?: true
}

export function register(program: Command, io: Io): void {
  withConfig(
    program
      .command('doctor')
      .description(
        'check everything that Landfall rests on against the live accounts: buckets, rules, roles, notifications, queues, Redis, PostgreSQL, this machine; each with what was seen and the command that mends it',
      ),
  )
    .option('--pair <name...>', 'only what matters to these pairs, and what matters to all')
    .option('--quick', 'only what `landfall run` looks at when it starts')
    .option(
      '--canary',
      `also write ${CANARY_KEY} to the source of each pair, and wait until its event was read by \`landfall run\` and it has landed`,
    )
    .option('--wait <seconds>', 'how long to wait for it', seconds, 60)
    .option('--all', 'show what passed, too')
    .option('--strict', `a warning ends with ${EXIT.atRisk} as well`)
    .option('--json', 'print a JSON document a line, one for each finding (with --all: for what passed, too)')
    .addHelpText(
      'after',
      `${examples('landfall doctor', 'landfall doctor --pair documents-production', 'landfall doctor --canary --wait 120', 'landfall doctor --json > findings.jsonl')}
It only reads (but for --canary). Ends with ${EXIT.atRisk} where something fails, else with ${EXIT.refused} where something could not be looked at
(the grant is named), else with 0. docs/doctor.md has every check; \`landfall iam policies\` prints the policy that it needs.`,
    )
    .action(async (options: Options) => {
      const estate = narrowed(await loadEstate({ path: options.config, env: io.env }), options.pair)
      const progress = makeProgress(io.stderr)
      const tell = (text: string): void => progress.update(text)
      const doctor = await openDoctor({
        estate,
        io,
        quick: options.quick === true,
        canaryMs: options.canary && options.wait * 1000,
        tell,
      })
      let findings: readonly Finding[]
      try {
        findings = await doctor.examine()
      } finally {
        progress.done()
        doctor.close()
      }
      show(findings, options, estate, io)
      io.exitCode = exitOf(findings, options)
    })
}

/** The pairs that are asked for, and nothing of the others: their buckets need not be looked at. */
function narrowed(estate: Estate, names: readonly string[] | undefined): Estate {
  if (names === undefined) return estate
  const missing = names.filter((name) => !estate.pairs.some((pair) => pair.name === name))
  if (missing.length > 0) {
    const there = estate.pairs.map(({ name }) => name).join(', ')
    throw new LandfallError('USAGE', `no pair ${missing.join(', ')} in the configuration; there are: ${there}`)
  }
  return { ...estate, pairs: estate.pairs.filter(({ name }) => names.includes(name)) }
}

function show(findings: readonly Finding[], { json, all }: Options, estate: Estate, io: Io): void {
  if (json === undefined) {
    for (const line of findingLines(io.stdout, findings, { all: all === true })) printLine(io.stdout, line)
    return
  }
  const at = systemClock.now()
  // A line each, on a terminal too: they are collected, not read.
  const lines = { ...io.stdout, isTTY: false, write: (text: string) => io.stdout.write(text) }
  for (const finding of findings)
    if (all || finding.note || finding.level !== 'pass')
      printJson(lines, documentOf(finding, { estate: estate.name, at }))
}

function exitOf(findings: readonly Finding[], { strict }: Options): number {
  const { fail, warn, unknown } = countsOf(findings)
  if (fail > 0 || (strict === true && warn > 0)) return EXIT.atRisk
  return unknown > 0 ? EXIT.refused : EXIT.ok
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && value <= 3600))
    throw new InvalidArgumentError('It must be a number of seconds.')
  return value
}
