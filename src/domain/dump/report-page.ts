/**
 * One page that an auditor can keep: everything is in it, nothing is loaded, nothing runs. What comes from outside (keys,
 * messages, names of tables) is made inert and escaped, so it can neither break the page nor turn its text around.
 */
import { inert } from '../inert.ts'
import type { Check } from './manifest.ts'

export interface Report {
  readonly title: string
  readonly good: boolean
  /** In a few words what came of it. */
  readonly verdict: string
  readonly facts: readonly (readonly [string, string])[]
  readonly sections: readonly Section[]
  readonly foot: string
}

export interface Section {
  readonly title: string
  readonly note?: string | undefined
  readonly head: readonly string[]
  readonly rows: readonly Row[]
}

export interface Row {
  readonly mark?: Check['result'] | undefined
  readonly cells: readonly string[]
}

const WORDS = { pass: 'passed', fail: 'FAILED', skipped: 'not looked at' } as const

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --paper: #fff; --good: #18794e; --bad: #b42318 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #edeef0; --soft: #b0b4ba; --line: #3a3f45; --paper: #16181b; --good: #4cc38a; --bad: #ff8a7a }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1.25rem; max-width: 62rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.verdict { display: inline-block; margin: .5rem 0 1.25rem; padding: .3rem .8rem; border: 2px solid; border-radius: .4rem; font-weight: 600 }
.good { color: var(--good) } .bad { color: var(--bad) }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
thead th { color: var(--soft); font-weight: 500 } tbody th { font-weight: 500; width: 11rem }
td.mark { width: 7.5rem; font-weight: 600; overflow-wrap: normal } .skipped { color: var(--soft) } .note, footer { color: var(--soft) }
footer { margin-top: 2rem; font-size: .9em }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --good: #0a5c36; --bad: #8f1d12 } body { padding: 0; max-width: none; font-size: 11px } tr { break-inside: avoid } thead { display: table-header-group } }
`

export function reportPage(report: Report): string {
  const tone = report.good ? 'good' : 'bad'
  const facts = report.facts.map(
    ([name, value]) => `<tr><th scope="row">${text(name)}</th><td>${text(value)}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${text(report.title)}: ${text(report.verdict)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${text(report.title)}</h1>
<p class="verdict ${tone}">${text(report.verdict)}</p>
<table><tbody>
${facts.join('\n')}
</tbody></table>
${report.sections.map(sectionOf).join('\n')}
</main>
<footer>${text(report.foot)}</footer>
</body>
</html>
`
}

function sectionOf({ title, note, head, rows }: Section): string {
  const marked = rows.some(({ mark }) => mark !== undefined)
  const heads = [...(marked ? ['Result'] : []), ...head].map((cell) => `<th scope="col">${text(cell)}</th>`).join('')
  return `<section>
<h2>${text(title)}</h2>
${note === undefined ? '' : `<p class="note">${text(note)}</p>`}
<table><thead><tr>${heads}</tr></thead><tbody>
${rows.map((row) => rowOf(row, marked)).join('\n')}
</tbody></table>
</section>`
}

function rowOf({ mark, cells }: Row, marked: boolean): string {
  const tone = mark === 'pass' ? 'good' : mark === 'fail' ? 'bad' : 'skipped'
  const first = marked ? `<td class="mark ${tone}">${mark === undefined ? '' : WORDS[mark]}</td>` : ''
  return `<tr>${first}${cells.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function text(value: string): string {
  return inert(value).replaceAll(/[&<>"']/g, (char) => ENTITIES[char]!)
}
