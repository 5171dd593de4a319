import { isOwnClass, specialText } from './canonical-special.ts'
import { type CanonicalizeOptions, enter, unhashable, type Walk } from './canonical-walk.ts'
import { isSluiceError } from './errors.ts'
import { limits } from './limits.ts'

/**
 * The name of a method by which an object says what it hashes as, instead of by its contents.
 *
 * @example
 * class Warehouse {
 *   [hashIdentity]() { return `warehouse/${this.name}` }
 * }
 */
export const hashIdentity: unique symbol = Symbol.for('sluice.hashIdentity')

/**
 * One text per value: equal for equal values whatever the order of keys, of `Map` and `Set` entries, and whether a part
 * is shared or copied; different for different values.
 *
 * Properties that are undefined count as absent, objects without a prototype as plain ones, a `Buffer` as the
 * `Uint8Array` it is. Extra properties of arrays, `lastIndex` of a RegExp and the stack of an Error do not count.
 *
 * @throws SluiceError `INPUT_UNHASHABLE` with `{ path, kind }` for what has no stable text: functions, symbols, instances
 * of classes without {@link hashIdentity}, promises, streams, and values nested more than 1 000 levels deep.
 */
export function canonicalize(value: unknown, options: CanonicalizeOptions = {}): string {
  const walk: Walk = { options, path: [], ancestors: [], depth: -1 }
  try {
    return textOf(value, walk, 0)
  } catch (error) {
    if (isSluiceError(error)) throw error
    // A getter, a proxy or an identity method threw.
    throw unhashable(walk, 'unreadable', error)
  }
}

/** Every text ends itself, or before a separator that it cannot contain: concatenation stays unambiguous. */
function textOf(value: unknown, walk: Walk, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'object':
      return value === null ? 'n' : objectText(value, walk, depth)
    case 'boolean':
      return value ? 't' : 'f'
    case 'undefined':
      return 'u'
    case 'bigint':
      return `${value}n`
    default:
      throw unhashable(walk, typeof value)
  }
}

/**
 * The text in quotes. JSON, unlike UTF-8, keeps lone surrogates apart; most texts are short and need none of its escapes,
 * and seeing that by hand takes a third of the time.
 */
function quoted(text: string): string {
  if (text.length > 32) return JSON.stringify(text)
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return JSON.stringify(text)
  }
  return `"${text}"`
}

function objectText(object: object, walk: Walk, depth: number): string {
  const token = walk.options.reference?.(object)
  if (token !== undefined) return `&${JSON.stringify(token)}`
  if (depth >= limits.canonicalDepth) throw unhashable(walk, 'too deep')
  const { ancestors } = walk
  for (let level = 0; level < depth; level++) {
    // Told by distance, so that a cycle reads the same wherever it hangs.
    if (ancestors[level] === object) return `^${depth - level}`
  }
  ancestors[depth] = object
  if (Array.isArray(object) && isOwnClass(object)) return arrayText(object, walk, depth)
  if (isIdentified(object)) return identityText(object, walk)
  if (isPlain(object)) return plainText(object, walk, depth)
  return specialText(object, walk, depth, textOf)
}

interface Identified {
  readonly [hashIdentity]: () => unknown
}

function isIdentified(object: object): object is Identified {
  return hashIdentity in object
}

function identityText(object: Identified, walk: Walk): string {
  const identity = object[hashIdentity]()
  if (typeof identity !== 'string') throw unhashable(walk, 'identity')
  return `@${JSON.stringify(identity)}`
}

function arrayText(array: readonly unknown[], walk: Walk, depth: number): string {
  let text = '['
  for (let index = 0; index < array.length; index++) {
    enter(walk, depth, index)
    const item = array[index]
    if (item === undefined && !(index in array)) return sparseText(array, walk, depth)
    text += index === 0 ? textOf(item, walk, depth + 1) : `,${textOf(item, walk, depth + 1)}`
  }
  return `${text}]`
}

/** An array with holes, by the entries it has: it may have a billion that it has not. */
function sparseText(array: readonly unknown[], walk: Walk, depth: number): string {
  let text = `[~${array.length}`
  for (const key of Object.keys(array)) {
    if (!/^(?:0|[1-9]\d*)$/.test(key)) continue
    const index = Number(key)
    enter(walk, depth, index)
    text += `,${index}:${textOf(array[index], walk, depth + 1)}`
  }
  return `${text}]`
}

type PlainObject = Readonly<Record<string, unknown>>

function plainText(object: PlainObject, walk: Walk, depth: number): string {
  let text = ''
  for (const key of sortedKeys(object)) {
    enter(walk, depth, key)
    const value = object[key]
    if (value === undefined) continue
    const separator = text === '' ? '' : ','
    text += `${separator}${quoted(key)}:${textOf(value, walk, depth + 1)}`
  }
  refuseSymbolKeys(object, walk, depth)
  return `{${text}}`
}

function sortedKeys(object: PlainObject): readonly string[] {
  const keys = Object.keys(object)
  let before = ''
  for (const key of keys) {
    if (key < before) return keys.toSorted()
    before = key
  }
  return keys
}

/** Data under a symbol would be left out silently, and two different values would hash the same. */
function refuseSymbolKeys(object: PlainObject, walk: Walk, depth: number): void {
  for (const symbol of Object.getOwnPropertySymbols(object)) {
    enter(walk, depth, { text: `[${String(symbol)}]` })
    if (Object.prototype.propertyIsEnumerable.call(object, symbol)) throw unhashable(walk, 'symbol')
  }
}

/** Also of another realm: of all prototypes without a parent only an `Object.prototype` has this method. */
function isPlain(object: object): object is PlainObject {
  const prototype: object | null = Object.getPrototypeOf(object)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
