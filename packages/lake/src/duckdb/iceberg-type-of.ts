import type { Field, IcebergType, PrimitiveType } from '../format/schema.ts'

const primitives: Readonly<Record<string, PrimitiveType>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'int',
  SMALLINT: 'int',
  INTEGER: 'int',
  UTINYINT: 'int',
  USMALLINT: 'int',
  UINTEGER: 'long',
  BIGINT: 'long',
  // What an integer beyond 64 bits becomes: exact, while DuckDB itself would write it into Parquet as a double.
  UBIGINT: 'decimal(38, 0)',
  HUGEINT: 'decimal(38, 0)',
  UHUGEINT: 'decimal(38, 0)',
  FLOAT: 'float',
  DOUBLE: 'double',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  VARCHAR: 'string',
  JSON: 'string',
  BLOB: 'binary',
  UUID: 'uuid',
}

/**
 * Iceberg's type for a type of DuckDB, given as DuckDB writes it: the smallest that holds all its values. `undefined` where
 * Iceberg has none (INTERVAL, BIT, UNION, TIME WITH TIME ZONE): such columns are to be cast to text. Ids are counted from
 * `nextId` on, a nested type's own before those inside it.
 */
export function icebergTypeOf(type: string, nextId: () => number): IcebergType | undefined {
  const text = type.trim()
  const array = /\[\d*\]$/.exec(text)
  if (array) {
    const id = nextId()
    const element = icebergTypeOf(text.slice(0, array.index), nextId)
    return element && { type: 'list', 'element-id': id, element, 'element-required': false }
  }
  if (text.startsWith('STRUCT(')) return structOf(inside(text), nextId)
  if (text.startsWith('MAP(')) return mapOf(inside(text), nextId)
  if (text.startsWith('ENUM(')) return 'string'
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(text)
  if (decimal) return `decimal(${Number(decimal[1])}, ${Number(decimal[2])})`
  return primitives[text]
}

function structOf(text: string, nextId: () => number): IcebergType | undefined {
  const parts = split(text)
  const ids = parts.map(() => nextId())
  const fields: Field[] = []
  for (const [i, part] of parts.entries()) {
    const { name, rest } = nameOf(part)
    const type = icebergTypeOf(rest, nextId)
    if (!type) return undefined
    fields.push({ id: ids[i] ?? 0, name, required: false, type })
  }
  return { type: 'struct', fields }
}

function mapOf(text: string, nextId: () => number): IcebergType | undefined {
  const [keyText = '', valueText = ''] = split(text)
  const [keyId, valueId] = [nextId(), nextId()]
  const key = icebergTypeOf(keyText, nextId)
  const value = icebergTypeOf(valueText, nextId)
  return key && value && { type: 'map', 'key-id': keyId, key, 'value-id': valueId, value, 'value-required': false }
}

function inside(text: string): string {
  return text.slice(text.indexOf('(') + 1, -1)
}

/** At the commas that are neither in parentheses nor in quotes. */
function split(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let quote = ''
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  return [...parts, text.slice(from)]
}

function nameOf(text: string): { readonly name: string; readonly rest: string } {
  const trimmed = text.trim()
  const quoted = /^"(?<name>(?:[^"]|"")*)"\s+/.exec(trimmed)
  if (quoted)
    return { name: (quoted.groups?.['name'] ?? '').replaceAll('""', '"'), rest: trimmed.slice(quoted[0].length) }
  const space = trimmed.indexOf(' ')
  return { name: trimmed.slice(0, space), rest: trimmed.slice(space + 1) }
}
