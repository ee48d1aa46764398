import { ServiceError } from './errors.ts'

/** A request's members, from JSON or from a query form (where every leaf is a string). */
export type Input = Readonly<Record<string, unknown>>

/** Throws `MissingParameter` where it is absent, `InvalidParameterValue` where it is no string. */
export function requiredText(input: Input, name: string): string {
  const value = optionalText(input, name)
  if (value === undefined || value === '') throw missing(name)
  return value
}

export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalid(name, 'must be a string')
  return value
}

/** An integer within bounds, also as decimal text; `InvalidParameterValue` otherwise. */
export function optionalInteger(input: Input, name: string, min: number, max: number): number | undefined {
  const value = optionalNumber(input, name)
  if (value === undefined) return undefined
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalid(name, `must be an integer from ${min} to ${max}`)
  }
  return value
}

export function optionalNumber(input: Input, name: string): number | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) throw invalid(name, 'must be a number')
  return number
}

export function optionalFlag(input: Input, name: string): boolean | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw invalid(name, 'must be true or false')
}

/** A list of strings; empty where absent. */
export function texts(input: Input, name: string): string[] {
  return list(input, name).map((value) => {
    if (typeof value !== 'string') throw invalid(name, 'must be a list of strings')
    return value
  })
}

/** A list of objects; empty where absent. */
export function objects(input: Input, name: string): Input[] {
  return list(input, name).map((value) => {
    if (!isObject(value)) throw invalid(name, 'must be a list of objects')
    return value
  })
}

export function numbers(input: Input, name: string): number[] {
  return list(input, name).map((value) => optionalNumber({ [name]: value }, name)!)
}

/** A map of strings; empty where absent. */
export function textMap(input: Input, name: string): Record<string, string> {
  const map = optionalObject(input, name) ?? {}
  for (const value of Object.values(map)) {
    if (typeof value !== 'string') throw invalid(name, 'must be a map of strings')
  }
  return map as Record<string, string>
}

export function optionalObject(input: Input, name: string): Input | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw invalid(name, 'must be an object')
  return value
}

export function missing(name: string): ServiceError {
  return new ServiceError('MissingParameter', `The request must contain the parameter ${name}.`)
}

export function invalid(name: string, why: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `Value for parameter ${name} is invalid. Reason: ${why}.`)
}

function list(input: Input, name: string): readonly unknown[] {
  const value = input[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid(name, 'must be a list')
  return value
}

function isObject(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
