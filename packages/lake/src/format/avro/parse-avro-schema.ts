import { metadataInvalid } from '../metadata-invalid.ts'
import type { AvroSchema } from './avro-schema.ts'

/** The schema in a file's header. Checked as deep as it is read, so that a damaged one is a typed error. */
export function parseAvroSchema(text: string | undefined): AvroSchema {
  if (text === undefined) throw metadataInvalid('the Avro file has no schema')
  const json = parsed(text)
  if (!isSchema(json, 0)) throw metadataInvalid('the schema of the Avro file is not valid')
  return json
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw metadataInvalid('the schema of the Avro file is no JSON', error)
  }
}

const deepest = 100

function isSchema(json: unknown, depth: number): json is AvroSchema {
  if (typeof json === 'string') return true
  if (typeof json !== 'object' || json === null || depth > deepest) return false
  if (Array.isArray(json)) return json.every((branch) => isSchema(branch, depth + 1))
  const { type, fields, items, values, size, symbols } = json as Readonly<Record<string, unknown>>
  switch (type) {
    case 'record':
      return hasName(json) && Array.isArray(fields) && fields.every((field) => isField(field, depth + 1))
    case 'array':
      return isSchema(items, depth + 1)
    case 'map':
      return isSchema(values, depth + 1)
    case 'fixed':
      return hasName(json) && Number.isSafeInteger(size) && Number(size) >= 0
    case 'enum':
      return hasName(json) && Array.isArray(symbols) && symbols.every((symbol) => typeof symbol === 'string')
    default:
      return typeof type === 'string'
  }
}

function isField(json: unknown, depth: number): boolean {
  if (typeof json !== 'object' || json === null || !hasName(json)) return false
  return isSchema((json as { type?: unknown }).type, depth)
}

function hasName(json: object): boolean {
  return typeof (json as { name?: unknown }).name === 'string'
}
