import { types } from 'node:util'
import { clip } from './clip.ts'
import { maskSecrets } from './mask.ts'
import { safely } from './safely.ts'

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const deepest = 4
const widest = 50
const longestText = 1_000

/** What is left to spend, in characters, over the whole value. */
interface Budget {
  left: number
}

/**
 * A copy of any value that JSON can hold: masked, at most 4 levels deep, 50 entries wide and about `size` characters in
 * all. What JSON has no word for is described or left out; nothing that a getter or a proxy does makes it throw.
 */
export function toJsonSafe(value: unknown, size: number): Json | undefined {
  return copy(value, 0, { left: size })
}

function copy(value: unknown, depth: number, budget: Budget): Json | undefined {
  budget.left -= 8
  if (budget.left <= 0) return undefined
  if (typeof value === 'string') return text(value, budget)
  if (typeof value === 'object' && value !== null) return copyObject(value, depth, budget)
  // JSON has no −0: adding 0 makes it 0.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : String(value)
  if (typeof value === 'bigint') return text(String(value), budget)
  return typeof value === 'boolean' || value === null ? value : undefined
}

function copyObject(object: object, depth: number, budget: Budget): Json | undefined {
  const instead = described(object)
  if (instead !== undefined) return text(instead, budget)
  if (depth >= deepest) return '…'
  const json = safely(() => ('toJSON' in object && typeof object.toJSON === 'function' ? object.toJSON() : object))
  if (json !== object) return copy(json, depth + 1, budget)
  const items = safely(() => listOf(object))
  return items === undefined ? copyProperties(object, depth, budget) : copyItems(items, depth, budget)
}

function described(object: object): string | undefined {
  return safely(() => {
    if (ArrayBuffer.isView(object)) return `<${object.byteLength} bytes>`
    return types.isNativeError(object) ? `${object.name}: ${object.message}` : undefined
  })
}

function listOf(object: object): readonly unknown[] | undefined {
  if (Array.isArray(object)) return object.slice(0, widest)
  if (object instanceof Map || object instanceof Set) return [...object.values()].slice(0, widest)
  return undefined
}

function copyItems(items: readonly unknown[], depth: number, budget: Budget): Json {
  return items.map((item) => copy(item, depth + 1, budget) ?? null)
}

function copyProperties(object: object, depth: number, budget: Budget): Json {
  // An own `__proto__` is legal in JSON, but whoever reads it may take it for the prototype: it goes nowhere.
  const keys = (safely(() => Object.keys(object)) ?? []).filter((key) => key !== '__proto__').slice(0, widest)
  const entries = keys.map((key) => {
    const value = safely((): unknown => Reflect.get(object, key))
    return [text(key, budget), copy(value, depth + 1, budget)] as const
  })
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined))
}

function text(value: string, budget: Budget): string {
  const short = clip(maskSecrets(clip(value, 4 * longestText)), longestText)
  budget.left -= short.length
  return short
}
