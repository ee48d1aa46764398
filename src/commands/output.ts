/** Data to stdout, and errors in one shape. */
import { inspect, styleText } from 'node:util'
import { isOn } from '../config/environment.ts'
import { ERRORS, isLandfallError, type ErrorCode } from '../domain/errors.ts'
import { inert, inertJson } from '../domain/inert.ts'
import type { Io, Out } from './command.ts'

export function printLine(out: Out, text: string): void {
  out.write(`${text}\n`)
}

/**
 * One JSON document: on several lines for a person's terminal, on one line (the last one of stdout) for a program. Keys may
 * hold what JSON leaves as it is and a terminal obeys (C1 controls, overrides of the writing direction): escaped.
 */
export function printJson(out: Out, data: unknown): void {
  out.write(`${inertJson(data, out.isTTY ? 2 : undefined)}\n`)
}

export function paint(out: Out, style: Parameters<typeof styleText>[0], text: string): string {
  return out.colour ? styleText(style, text, { validateStream: false }) : text
}

export interface ErrorReport {
  readonly code: ErrorCode
  readonly message: string
  /** What the operator does next. */
  readonly next: string
  readonly exit: number
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

export function describeError(error: unknown): ErrorReport {
  if (isLandfallError(error)) {
    const { code, message, hint, exit, details } = error
    return { code, message, next: hint, exit, details: Object.keys(details).length === 0 ? undefined : details }
  }
  const message = `unexpected: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
  const { hint, exit } = ERRORS.INTERNAL
  return { code: 'INTERNAL', message, next: `${hint} LANDFALL_DEBUG=1 adds the stack trace.`, exit }
}

/** Tells of an error: to stderr for a person, and with `json` to stdout too, as `{"error": {...}}`. Returns its exit code. */
export function printError(error: unknown, io: Io, json: boolean): number {
  const report = describeError(error)
  const { stderr } = io
  printLine(stderr, `${paint(stderr, 'red', 'landfall:')} ${inertLines(report.message)}`)
  printLine(stderr, `  code: ${report.code}`)
  printLine(stderr, `  next: ${inertLines(report.next)}`)
  if (isOn(io.env, 'LANDFALL_DEBUG') && error instanceof Error) printLine(stderr, stackOf(error))
  if (json) printJson(io.stdout, { error: report })
  return report.exit
}

/** A message may have lines of its own, and words from outside. */
function inertLines(text: string): string {
  return text.split('\n').map(inert).join('\n')
}

/** The stack traces of an error and of what caused it. */
function stackOf(error: Error): string {
  const own = error.stack ?? String(error)
  if (error.cause === undefined) return own
  return `${own}\ncaused by: ${error.cause instanceof Error ? stackOf(error.cause) : inspect(error.cause)}`
}
