import { encodeLowerBound, encodeUpperBound } from '../format/bounds.ts'
import { compareValues } from '../format/compare-values.ts'
import type { DataFile } from '../format/manifest.ts'
import { children } from '../format/schema-fields.ts'
import type { Field, PrimitiveType, Schema } from '../format/schema.ts'
import { identifier } from './quote.ts'
import { valueOfText } from './value-text.ts'

/** What COPY's RETURN_STATS tells of a file: by the column's path (`"a"."b"`), then by the statistic's name. */
export type StatisticsText = ReadonlyMap<string, ReadonlyMap<string, string>>

type Statistics = Pick<
  DataFile,
  'columnSizes' | 'valueCounts' | 'nullCounts' | 'nanCounts' | 'lowerBounds' | 'upperBounds'
>

/**
 * The statistics of a file as a manifest has them. Counts and bounds are told of whole columns only: inside structs the nulls of
 * what is around them would have to be counted too, inside lists and maps there is not one value per row. Of `dictionaries` DuckDB
 * tells no bounds: they are those of all their texts.
 */
export function fileStatistics(
  text: StatisticsText,
  schema: Schema,
  records: number,
  dictionaries: ReadonlyMap<string, readonly string[]> = new Map(),
): Statistics {
  const columnSizes = new Map<number, number>()
  const valueCounts = new Map<number, number>()
  const nullCounts = new Map<number, number>()
  const nanCounts = new Map<number, number>()
  const lowerBounds = new Map<number, Uint8Array>()
  const upperBounds = new Map<number, Uint8Array>()
  for (const { path, field } of leaves(schema.fields, '')) {
    const size = count(text.get(path), 'column_size_bytes')
    if (size !== undefined) columnSizes.set(field.id, size)
  }
  for (const { id, name, type } of schema.fields) {
    const column = text.get(identifier(name))
    const nulls = count(column, 'null_count')
    if (typeof type !== 'string' || !column || nulls === undefined) continue
    if (count(column, 'num_values') !== records) continue
    valueCounts.set(id, records)
    nullCounts.set(id, nulls)
    if (isFloat(type)) {
      // Readers take a missing count of NaN for none: without one there must be no bounds either.
      if (column.get('has_nan') !== 'false') continue
      nanCounts.set(id, 0)
    }
    const known = dictionaries.get(name)
    const { lower, upper } = known ? boundsOfTexts(known) : boundsOf(type, column)
    if (lower) lowerBounds.set(id, lower)
    if (upper) upperBounds.set(id, upper)
  }
  return { columnSizes, valueCounts, nullCounts, nanCounts, lowerBounds, upperBounds }
}

interface Bounds {
  readonly lower?: Uint8Array | undefined
  readonly upper?: Uint8Array | undefined
}

function boundsOf(type: PrimitiveType, column: ReadonlyMap<string, string>): Bounds {
  const [min, max] = [column.get('min'), column.get('max')]
  // UUIDs have a sign in some readers: only those without one have the same order everywhere.
  if (type === 'uuid' && (!max || max >= '8')) return {}
  const least = min === undefined ? undefined : valueOfText(type, min)
  const greatest = max === undefined || isCut(type, max) ? undefined : valueOfText(type, max)
  return {
    lower: least === undefined ? undefined : encodeLowerBound(type, least),
    upper: greatest === undefined ? undefined : encodeUpperBound(type, greatest),
  }
}

function boundsOfTexts(texts: readonly string[]): Bounds {
  const [first, ...sorted] = texts.toSorted(compareValues)
  if (first === undefined) return {}
  return { lower: encodeLowerBound('string', first), upper: encodeUpperBound('string', sorted.at(-1) ?? first) }
}

/**
 * DuckDB's statistics of texts and bytes end after 256 bytes, or at the character before. What may have been cut is still a lower
 * bound, never an upper one.
 */
const surelyWhole = 250

function isCut(type: PrimitiveType, text: string): boolean {
  if (type === 'string') return Buffer.byteLength(text) > surelyWhole
  return type === 'binary' && text.length / 2 > surelyWhole
}

function isFloat(type: PrimitiveType): boolean {
  return type === 'float' || type === 'double'
}

function count(column: ReadonlyMap<string, string> | undefined, name: string): number | undefined {
  const text = column?.get(name)
  return text === undefined ? undefined : Number(text)
}

function* leaves(
  fields: readonly Field[],
  before: string,
): Generator<{ readonly path: string; readonly field: Field }> {
  for (const field of fields) {
    const path = `${before}${identifier(field.name)}`
    if (typeof field.type === 'string') yield { path, field }
    else yield* leaves(children(field.type), `${path}.`)
  }
}
