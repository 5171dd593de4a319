import { shellWord } from '@sluice/core'

type Schema = Readonly<Record<string, unknown>>

/** Of parameters that have no default, by their JSON Schema: the names of those not given yet. */
export function neededParameters(schema: unknown, given: Readonly<Record<string, unknown>> = {}): readonly string[] {
  const required = isObject(schema) ? schema['required'] : undefined
  if (!Array.isArray(required)) return []
  return required.filter((name) => typeof name === 'string' && !Object.hasOwn(given, name)) as readonly string[]
}

/** ` -p month=1 -p path=text`: what a command needs so that a run can start, to be edited; empty where nothing is needed. */
export function sampleParameters(schema: unknown, given: Readonly<Record<string, unknown>> = {}): string {
  const properties = isObject(schema) && isObject(schema['properties']) ? schema['properties'] : {}
  return neededParameters(schema, given)
    .map((name) => ` -p ${shellWord(name)}=${shellWord(valueText(sampleOf(properties[name])))}`)
    .join('')
}

/** A value of its type, as the schema's own words have one: an example, a fixed or a listed value, the smallest number. */
function sampleOf(schema: unknown): unknown {
  if (!isObject(schema)) return 'text'
  const { examples, const: fixed, enum: listed, anyOf, oneOf, type } = schema
  for (const list of [examples, listed]) if (Array.isArray(list) && list.length > 0) return list[0] as unknown
  if (fixed !== undefined) return fixed
  for (const choice of [anyOf, oneOf]) if (Array.isArray(choice)) return sampleOf(choice[0])
  const kind: unknown = Array.isArray(type) ? type[0] : type
  if (kind === 'integer' || kind === 'number') return numberOf(schema)
  if (kind === 'boolean') return true
  if (kind === 'null') return null
  if (kind === 'array') return lengthOf(schema) > 0 ? [sampleOf(schema['items'])] : []
  if (kind === 'object') return sampleObject(schema)
  return textOf(schema)
}

function sampleObject(schema: Schema): Readonly<Record<string, unknown>> {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  return Object.fromEntries(neededParameters(schema).map((name) => [name, sampleOf(properties[name])]))
}

/** 1 where that is allowed, else the bound that it misses. */
function numberOf({ minimum, maximum, exclusiveMinimum }: Schema): number {
  if (typeof minimum === 'number' && minimum > 1) return minimum
  if (typeof exclusiveMinimum === 'number' && exclusiveMinimum >= 1) return exclusiveMinimum + 1
  return typeof maximum === 'number' && maximum < 1 ? maximum : 1
}

const formats: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T05:00:00Z',
  time: '05:00:00',
  uri: 'https://example.org',
  email: 'ada@example.org',
  uuid: '01890a5d-ac96-774b-bcce-b302099a8057',
}

function textOf({ format }: Schema): string {
  return (typeof format === 'string' ? formats[format] : undefined) ?? 'text'
}

function lengthOf({ minItems }: Schema): number {
  return typeof minItems === 'number' ? minItems : 0
}

/** As `-p` reads it: JSON, or a text that is no JSON. */
function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
