import { SluiceError } from '@sluice/core'
import { readFileSync } from 'node:fs'
import path from 'node:path'

type PlainObject = Record<string, unknown>

/** How parameters are given on a command line. */
export interface ParameterFlags {
  /** `name=value`, in the order given. */
  readonly param: readonly string[]
  /** A JSON object, or `@file` that holds one. */
  readonly params?: string | undefined
}

/**
 * The parameters of a run: `base`, over it the JSON of `--params`, over that each `-p name=value`. Undefined when nothing
 * was given at all.
 *
 * @throws SluiceError `PARAMETER_SYNTAX`, or `FILE_NOT_FOUND` for `@file`.
 */
export function readParameters(flags: ParameterFlags, cwd: string, base?: unknown): unknown {
  const json = flags.params === undefined ? base : readJson(flags.params, cwd)
  const whole = flags.params === undefined || !isPlain(base) || !isPlain(json) ? json : { ...base, ...json }
  if (flags.param.length === 0) return whole
  if (whole !== undefined && !isPlain(whole)) {
    throw new SluiceError('PARAMETER_SYNTAX', { problem: '-p names a field, but the parameters are not an object' })
  }
  return mergeDeep(whole ?? {}, parseAssignments(flags.param))
}

/**
 * `['months=[1,2]', 'source.kind=http']` as an object. A value is JSON where it parses as JSON, else text; dots in a name
 * make objects in objects.
 */
export function parseAssignments(assignments: readonly string[]): PlainObject {
  const result: PlainObject = {}
  for (const assignment of assignments) {
    const split = assignment.indexOf('=')
    if (split < 1) throw syntax(assignment, `there is no ${split === 0 ? 'name' : "'='"} in it`)
    assign(result, assignment.slice(0, split).trim(), parseValue(assignment.slice(split + 1)))
  }
  return result
}

/** JSON where it is JSON, else the text itself; a number that would lose digits stays text. */
export function parseValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'number' && /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? text : value
  } catch {
    return text
  }
}

function assign(target: PlainObject, name: string, value: unknown): void {
  const keys = name.split('.')
  if (keys.some((key) => key === '' || key === '__proto__'))
    throw syntax(name, 'its name is not one a parameter can have')
  const last = keys.pop() ?? name
  let place = target
  for (const key of keys) {
    const next = own(place, key) ?? {}
    if (!isPlain(next)) throw syntax(name, `'${key}' was given as a whole as well`)
    place[key] = next
    place = next
  }
  if (own(place, last) !== undefined)
    throw syntax(name, 'it was given twice; write a list as JSON, for example months=[1,2]')
  place[last] = value
}

function mergeDeep(base: PlainObject, over: PlainObject): PlainObject {
  const merged = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = own(merged, key)
    merged[key] = isPlain(before) && isPlain(value) ? mergeDeep(before, value) : value
  }
  return merged
}

function readJson(text: string, cwd: string): unknown {
  const source = text.startsWith('@') ? readText(path.resolve(cwd, text.slice(1))) : text
  try {
    return JSON.parse(source)
  } catch (cause) {
    throw new SluiceError('PARAMETER_SYNTAX', {
      parameter: '--params',
      problem: `it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`,
    })
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new SluiceError('FILE_NOT_FOUND', { file }, { cause })
  }
}

function own(object: PlainObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function isPlain(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function syntax(parameter: string, problem: string): SluiceError {
  return new SluiceError('PARAMETER_SYNTAX', { parameter, problem })
}
