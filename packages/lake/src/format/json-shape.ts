import { metadataInvalid } from './metadata-invalid.ts'

/** A JSON object whose members are looked at one by one; `path` tells where it stands, for messages. */
export interface JsonObject {
  readonly path: string
  readonly members: Readonly<Record<string, unknown>>
}

export function asObject(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object', value)
  return { path, members: value as Readonly<Record<string, unknown>> }
}

export function asArray(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(path, 'a list', value)
  return value
}

export function member({ path, members }: JsonObject, name: string): unknown {
  if (!Object.hasOwn(members, name)) throw metadataInvalid(`${path === '' ? '' : `${path}.`}${name} is missing`)
  return members[name]
}

export function stringMember(object: JsonObject, name: string): string {
  const value = member(object, name)
  if (typeof value !== 'string') throw wrong(`${object.path}.${name}`, 'text', value)
  return value
}

export function integerMember(object: JsonObject, name: string): number {
  const value = member(object, name)
  if (!Number.isSafeInteger(value)) throw wrong(`${object.path}.${name}`, 'a whole number', value)
  return value as number
}

export function idMember(object: JsonObject, name: string): bigint {
  const value = member(object, name)
  if (typeof value !== 'bigint') throw wrong(`${object.path}.${name}`, 'a whole number', value)
  return value
}

/** Each item of a list that may be missing or null. */
export function eachOf(object: JsonObject, name: string, check: (item: JsonObject) => void): void {
  const list = object.members[name]
  if (list === undefined || list === null) return
  const path = `${object.path}.${name}`
  for (const [at, item] of asArray(list, path).entries()) check(asObject(item, `${path}[${at}]`))
}

function wrong(path: string, expected: string, value: unknown): Error {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value))
  const place = path === '' ? 'it' : path.replace(/^\./, '')
  return metadataInvalid(`${place} is ${text.length > 80 ? `${text.slice(0, 80)}…` : text} and should be ${expected}`)
}
