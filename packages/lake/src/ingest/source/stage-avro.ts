import type { AvroSchema } from '../../format/avro/avro-schema.ts'
import { isUnion } from '../../format/avro/avro-schema.ts'
import { openAvro } from '../avro/avro-blocks.ts'
import { avroColumn } from '../avro/avro-values.ts'
import type { LoadRequest } from '../load-request.ts'
import { createRowText } from './row-text.ts'
import type { SourceFile } from './source-file.ts'
import type { OpenedFile } from './stage-file.ts'
import { openStagedWriter } from './staged-writer.ts'

/** An Avro file's records as lines of JSON, with the types that the file itself tells. */
export async function stageAvro(file: OpenedFile, { signal }: LoadRequest): Promise<SourceFile> {
  const { schema, blocks } = await openAvro(file.bytes)
  if (typeof schema === 'string' || isUnion(schema) || schema.type !== 'record')
    throw new Error('its values are no records')
  const named = namedTypes(schema)
  const columns = schema.fields.map((field) => ({ key: field.name, column: avroColumn(field.type, named) }))
  await using writer = await openStagedWriter(file.staged)
  const text = createRowText()
  let records = 0
  for await (const block of blocks) {
    for (const values of block) {
      records += 1
      const row = Object.fromEntries(
        columns.map(({ key, column }, i) => [key, column.convert((values as unknown[])[i])]),
      )
      const full = writer.write(text.line(row))
      if (full) await full
    }
    signal.throwIfAborted()
  }
  await writer.end()
  const types = new Map(columns.map(({ key, column: { read, isBytes } }) => [key, { read, isBytes }]))
  return {
    format: 'ndjson',
    label: file.label,
    path: file.staged,
    identity: undefined,
    records,
    suspect: undefined,
    types,
  }
}

/** Types that others refer to by their names. */
function namedTypes(schema: AvroSchema, named = new Map<string, AvroSchema>()): ReadonlyMap<string, AvroSchema> {
  if (typeof schema === 'string') return named
  if (isUnion(schema)) for (const branch of schema) namedTypes(branch, named)
  else {
    if ('name' in schema && !named.has(schema.name)) named.set(schema.name, schema)
    if (schema.type === 'record') for (const field of schema.fields) namedTypes(field.type, named)
    if (schema.type === 'array') namedTypes(schema.items, named)
    if (schema.type === 'map') namedTypes(schema.values, named)
  }
  return named
}
