/** The `Condition` element (IAM user guide, "IAM JSON policy elements: Condition operators"). */
import { BlockList, isIP } from 'node:net'
import { type Context, globOf, matchesArn, matchesGlob, textOf } from './match.ts'

export interface Condition {
  readonly operator: Operator
  /** Over the values of a key that has several. */
  readonly over: 'any' | 'forAll' | 'forAny'
  readonly ifExists: boolean
  /** Lower case. */
  readonly key: string
  readonly values: readonly string[]
}

type Test = (given: string, wanted: string, context: Context | undefined) => boolean

interface Operator {
  readonly test: Test
  /** True where no value of the policy matches. */
  readonly negated: boolean
}

const equals: Test = (given, wanted, context) => given === textOf(wanted, context)
const equalsAnyCase: Test = (given, wanted, context) => given.toLowerCase() === textOf(wanted, context)?.toLowerCase()
const like: Test = (given, wanted, context) => {
  const glob = globOf(wanted, context)
  return glob !== undefined && matchesGlob(glob, given)
}
const arn: Test = (given, wanted, context) => matchesArn(wanted, given, context)
const bool: Test = (given, wanted) => given.toLowerCase() === wanted.toLowerCase()

function number(compare: (given: number, wanted: number) => boolean): Test {
  return (given, wanted) => compare(Number(given), Number(wanted))
}

function date(compare: (given: number, wanted: number) => boolean): Test {
  return (given, wanted) => compare(time(given), time(wanted))
}

/** ISO 8601, or seconds since the epoch. NaN equals nothing. */
function time(text: string): number {
  return /^\d{9,}$/.test(text) ? Number(text) * 1000 : Date.parse(text)
}

function inNetwork(given: string, wanted: string): boolean {
  const [address = '', length] = wanted.split('/')
  const family = isIP(address)
  if (family === 0 || isIP(given) !== family) return false
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const networks = new BlockList()
  networks.addSubnet(address, Number(length ?? (family === 4 ? 32 : 128)), kind)
  return networks.check(given, kind)
}

const PLAIN: Readonly<Record<string, Test>> = {
  stringequals: equals,
  stringequalsignorecase: equalsAnyCase,
  stringlike: like,
  numericequals: number((a, b) => a === b),
  numericlessthan: number((a, b) => a < b),
  numericlessthanequals: number((a, b) => a <= b),
  numericgreaterthan: number((a, b) => a > b),
  numericgreaterthanequals: number((a, b) => a >= b),
  dateequals: date((a, b) => a === b),
  datelessthan: date((a, b) => a < b),
  datelessthanequals: date((a, b) => a <= b),
  dategreaterthan: date((a, b) => a > b),
  dategreaterthanequals: date((a, b) => a >= b),
  bool,
  binaryequals: (given, wanted) => given === wanted,
  ipaddress: inNetwork,
  arnequals: arn,
  arnlike: arn,
}

const NEGATED: Readonly<Record<string, Test>> = {
  stringnotequals: equals,
  stringnotequalsignorecase: equalsAnyCase,
  stringnotlike: like,
  numericnotequals: PLAIN['numericequals']!,
  datenotequals: PLAIN['dateequals']!,
  notipaddress: inNetwork,
  arnnotequals: arn,
  arnnotlike: arn,
}

/** Asks whether the key is absent. */
const NULL: Operator = { test: () => false, negated: false }

/** @param fault makes the error that names what is wrong */
export function parseConditions(block: unknown, fault: (why: string) => Error): readonly Condition[] {
  if (block === undefined) return []
  if (!isObject(block)) throw fault('Syntax errors in policy.')
  return Object.entries(block).flatMap(([name, keys]) => {
    if (!isObject(keys)) throw fault('Syntax errors in policy.')
    return Object.entries(keys).map(([key, values]) => parseCondition(name, key, values, fault))
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseCondition(name: string, key: string, values: unknown, fault: (why: string) => Error): Condition {
  const match = /^(?:(forallvalues|foranyvalue):)?(\w+?)(ifexists)?$/.exec(name.toLowerCase())
  const operator = match === null ? undefined : operatorNamed(match[2]!)
  if (match === null || operator === undefined) throw fault(`Invalid Condition type : ${name}`)
  const list: readonly unknown[] = Array.isArray(values) ? values : [values]
  // JSON's numbers and booleans are taken as text.
  if (!list.every((each) => ['string', 'number', 'boolean'].includes(typeof each))) {
    throw fault('Syntax errors in policy.')
  }
  return {
    operator,
    over: match[1] === 'forallvalues' ? 'forAll' : match[1] === 'foranyvalue' ? 'forAny' : 'any',
    ifExists: match[3] !== undefined,
    key: key.toLowerCase(),
    values: list.map(String),
  }
}

function operatorNamed(name: string): Operator | undefined {
  if (name === 'null') return NULL
  const [plain, negated] = [PLAIN[name], NEGATED[name]]
  if (plain !== undefined) return { test: plain, negated: false }
  return negated === undefined ? undefined : { test: negated, negated: true }
}

/** @param variables of the policy's version; they stand in values, never in keys */
export function holds(condition: Condition, context: Context, variables: boolean): boolean {
  const { operator, over, ifExists, key, values } = condition
  const given = context(key)
  if (operator === NULL) return values.includes(given === undefined ? 'true' : 'false')
  const { test, negated } = operator
  if (given === undefined) return ifExists || (over === 'any' ? negated : over === 'forAll')
  const names = variables ? context : undefined
  // A variable without a value makes no value: nothing is unlike it, either.
  if (negated && values.some((wanted) => textOf(wanted, names) === undefined)) return false
  const one = (each: string): boolean => values.some((wanted) => test(each, wanted, names)) !== negated
  if (over === 'forAll') return given.every(one)
  // Without a word on sets, a negated operator wants none of several values to match.
  return over === 'any' && negated ? given.every(one) : given.some(one)
}
