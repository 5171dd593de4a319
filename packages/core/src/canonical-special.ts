import { types } from 'node:util'
import { enter, type TextOf, unhashable, type Walk } from './canonical-walk.ts'
import { contentHash } from './hash.ts'
import { isSecret } from './secret.ts'

/** The canonical text of an object that is neither a plain object nor an array, if its class is one we know. */
export function specialText(object: object, walk: Walk, depth: number, textOf: TextOf): string {
  if (ArrayBuffer.isView(object)) return bytesText(object)
  if (types.isArrayBuffer(object)) return bytesText(new DataView(object), 'ArrayBuffer')
  if (types.isNativeError(object) || object instanceof Error) return errorText(object, walk, depth, textOf)
  if (types.isBoxedPrimitive(object)) return `Object(${textOf(object.valueOf(), walk, depth)})`
  if (isSecret(object)) return secretText(object.reveal(), walk)
  if (isTemporal(object)) return `${tagOf(object)}(${JSON.stringify(object.toJSON())})`
  if (isOwnClass(object)) return builtinText(object, walk, depth, textOf)
  throw unhashable(walk, className(object))
}

function builtinText(object: object, walk: Walk, depth: number, textOf: TextOf): string {
  if (types.isDate(object)) return `Date(${object.getTime()})`
  if (types.isMap(object)) return mapText(object, walk, depth, textOf)
  if (types.isSet(object)) return setText(object, walk, depth, textOf)
  if (types.isRegExp(object)) return `RegExp(${JSON.stringify([object.source, object.flags])})`
  if (object instanceof URL) return `URL(${JSON.stringify(object.href)})`
  throw unhashable(walk, className(object))
}

/** Content by its hash, so that the text of a large buffer stays short. The tag of a Buffer is Uint8Array. */
function bytesText(view: ArrayBufferView, kind: string = tagOf(view)): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  return `${kind}(${bytes.length}:${contentHash(bytes)})`
}

function mapText(map: ReadonlyMap<unknown, unknown>, walk: Walk, depth: number, textOf: TextOf): string {
  const entries = Array.from(map, ([key, value], index) => {
    enter(walk, depth, { text: `<key ${index}>` })
    const keyText = textOf(key, walk, depth + 1)
    enter(walk, depth, { text: typeof key === 'object' ? `<entry ${index}>` : `.get(${keyText})` })
    return `${keyText}=${textOf(value, walk, depth + 1)}`
  })
  return `Map{${entries.toSorted().join()}}`
}

function setText(set: ReadonlySet<unknown>, walk: Walk, depth: number, textOf: TextOf): string {
  const items = Array.from(set, (item, index) => {
    enter(walk, depth, { text: `<item ${index}>` })
    return textOf(item, walk, depth + 1)
  })
  return `Set{${items.toSorted().join()}}`
}

/** What an error says and what caused it. Not its stack: the same error is thrown from many places. */
function errorText(error: Error, walk: Walk, depth: number, textOf: TextOf): string {
  const parts = ['name', 'message', 'code', 'cause', 'errors'].map((key) => {
    enter(walk, depth, key)
    return textOf(Reflect.get(error, key), walk, depth + 1)
  })
  return `Error{${parts.join()}}`
}

function secretText(value: string, walk: Walk): string {
  const { secretDigest } = walk.options
  if (secretDigest === undefined) throw unhashable(walk, 'Secret')
  return `*${JSON.stringify(secretDigest(value))}`
}

/** Every value of Temporal has it, and it tells the whole value. */
interface TemporalValue {
  readonly toJSON: () => string
}

/** Node has Temporal from version 26 on. */
function isTemporal(object: object): object is TemporalValue {
  const temporal: unknown = Reflect.get(globalThis, 'Temporal')
  if (typeof temporal !== 'object' || temporal === null || !tagOf(object).startsWith('Temporal.')) return false
  return Object.getOwnPropertyNames(temporal).some((name) => isInstance(object, Reflect.get(temporal, name)))
}

function isInstance(object: object, its: unknown): boolean {
  return typeof its === 'function' && object instanceof its
}

/** Whether the object's class stands directly under Object, in any realm: a subclass may hold more than we would see. */
export function isOwnClass(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === Array.prototype) return true
  const parent: unknown = Object.getPrototypeOf(prototype)
  return parent !== null && Object.getPrototypeOf(parent) === null
}

function tagOf(object: object): string {
  return Object.prototype.toString.call(object).slice('[object '.length, -1)
}

function className(object: object): string {
  const its: unknown = Reflect.get(object, 'constructor')
  return typeof its === 'function' && its.name !== '' ? its.name : tagOf(object)
}
