/** `npm run bench -- <name> [--json] [options]`: runs one benchmark; progress on stderr, figures on stdout. */
import { Command } from 'commander'
import { audit } from './audit/bench.ts'
import { dump } from './dump/bench.ts'
import { intake } from './intake/bench.ts'
import { inventory } from './inventory/bench.ts'
import { ledger } from './ledger.ts'
import { memory } from './ledger-memory.ts'
import { page } from './page/bench.ts'
import { sandboxStore } from './sandbox-store.ts'
import { type Bench, machine, type Report } from './support/bench.ts'

const BENCHES: readonly Bench[] = [audit, dump, intake, inventory, ledger, memory, page, sandboxStore]

const program = new Command('npm run bench --')
  .description('Benchmarks. Each takes less than four minutes; docs/performance.md explains the figures.')
  .showHelpAfterError()
for (const bench of BENCHES) register(bench)
await program.parseAsync()

function register(bench: Bench): void {
  const command = program.command(bench.name).description(bench.about)
  for (const [name, option] of Object.entries(bench.options)) {
    command.option(`--${name} <value>`, option.about, option.default)
  }
  command.option('--json', 'one JSON document instead of lines for people').action(async (options: object) => {
    const { json, ...values } = options as Record<string, string> & { json?: string }
    const before = machine()
    const report = await bench.run(values, (text) => void process.stderr.write(`${text}\n`))
    const { bars, figures } = report
    if (json) console.log(JSON.stringify({ bench: bench.name, bars, ...figures, machine: before }, undefined, 2))
    else console.log(lines(report))
  })
}

function lines({ bars, figures }: Report): string {
  const name = Math.max(...bars.map((bar) => bar.name.length))
  return [
    ...bars.map((bar) =>
      [bar.met ? 'met   ' : 'MISSED', bar.name.padEnd(name), String(bar.value).padStart(9), `(bar ${bar.bar})`].join(
        '  ',
      ),
    ),
    '',
    JSON.stringify(figures, undefined, 2),
  ].join('\n')
}
