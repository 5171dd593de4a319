import { metadataInvalid } from '../metadata-invalid.ts'
import { type AvroRecord, type AvroSchema, isUnion, withoutNull } from './avro-schema.ts'

/** Takes one field out of a record. */
export type Read<T> = (record: unknown) => T

/** How to find the fields of a record, by Iceberg's ids, in what any writer wrote. Compiled once, used for every record. */
export class RecordView {
  readonly #positions: ReadonlyMap<number, number>
  readonly #schema: AvroRecord

  /** @throws SluiceError `LAKE_METADATA_INVALID` when the schema is not a record's. */
  constructor(schema: AvroSchema) {
    const own = withoutNull(schema)
    if (typeof own === 'string' || isUnion(own) || own.type !== 'record') throw metadataInvalid('a record was expected')
    this.#schema = own
    this.#positions = new Map(
      own.fields.flatMap((field, at) => (field['field-id'] === undefined ? [] : [[field['field-id'], at]])),
    )
  }

  /** The ids of its fields, in the order of their writer. */
  get ids(): readonly number[] {
    return [...this.#positions.keys()]
  }

  /** A field that there must be. */
  required<T>(id: number, name: string): Read<T> {
    const at = this.#positions.get(id)
    if (at === undefined) throw metadataInvalid(`the field ${name} (id ${id}) is missing`)
    return (record) => {
      const value = (record as readonly unknown[])[at]
      if (value === null || value === undefined) throw metadataInvalid(`the field ${name} (id ${id}) has no value`)
      return value as T
    }
  }

  /** A field that may be missing, in the schema or in the record. */
  optional<T>(id: number): Read<T | undefined> {
    const at = this.#positions.get(id)
    if (at === undefined) return () => undefined
    return (record) => ((record as readonly unknown[])[at] as T | null) ?? undefined
  }

  /** A whole number that a JavaScript number holds. */
  count(id: number, name: string): (record: unknown) => number {
    const read = this.required<number | bigint>(id, name)
    return (record) => safeCount(read(record), name)
  }

  /** The schema of a field, without null; undefined: no such field. */
  schemaOf(id: number): AvroSchema | undefined {
    const at = this.#positions.get(id)
    const field = at === undefined ? undefined : this.#schema.fields[at]
    return field === undefined ? undefined : withoutNull(field.type)
  }

  /** A record within the record. */
  view(id: number, name: string): RecordView {
    const schema = this.schemaOf(id)
    if (schema === undefined) throw metadataInvalid(`the field ${name} (id ${id}) is missing`)
    return new RecordView(schema)
  }

  /** The records of a list within the record; undefined: no such field. */
  items(id: number): RecordView | undefined {
    const schema = this.schemaOf(id)
    if (schema === undefined) return undefined
    if (typeof schema === 'string' || isUnion(schema) || schema.type !== 'array')
      throw metadataInvalid(`field ${id} is no list`)
    return new RecordView(schema.items)
  }
}

export function safeCount(value: number | bigint, name: string): number {
  if (typeof value === 'bigint') throw metadataInvalid(`the field ${name} is ${value}, which cannot be`)
  return value
}
