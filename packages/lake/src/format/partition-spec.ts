import { SluiceError } from '@sluice/core'
import { findField } from './schema-fields.ts'
import type { Schema } from './schema.ts'
import type { PartitionField, PartitionSpec, Transform } from './table-metadata.ts'
import { parseTransform, transformResultType } from './transforms.ts'

/** What a table is partitioned by, by the names of its columns. */
export interface PartitionColumn {
  readonly column: string
  readonly transform: Transform
}

/**
 * The first partition spec of a table. Fields are named as Spark names them: `pickup_at_day`, `id_bucket`, `name_trunc`, or as
 * the column; a name that a column has already gets a number.
 *
 * @throws SluiceError `OPTION_INVALID` for a column that is not there, or that the transform does not take.
 */
export function partitionSpec(schema: Schema, partitionBy: readonly PartitionColumn[]): PartitionSpec {
  const taken = new Set(schema.fields.map((field) => field.name))
  const fields = partitionBy.map(({ column, transform }, at): PartitionField => {
    const source = findField(schema, column)
    if (source === undefined) throw invalid(`there is no column ${JSON.stringify(column)}`)
    if (typeof source.type !== 'string' || transformResultType(transform, source.type) === undefined) {
      const type = typeof source.type === 'string' ? source.type : source.type.type
      throw invalid(`${JSON.stringify(column)} has the type ${type}, of which there is no ${transform}`)
    }
    if (transform === 'identity' && (source.type === 'float' || source.type === 'double')) {
      throw invalid(
        `${JSON.stringify(column)} has the type ${source.type}, which readers round: rows would not be found`,
      )
    }
    const isColumn = transform === 'identity' && source.name === column
    const name = isColumn ? column : freeName(`${column}${suffixOf(transform)}`, taken)
    taken.add(name)
    return { 'source-id': source.id, 'field-id': 1_000 + at, name, transform }
  })
  const twice = fields.find((field, at) => fields.findIndex((other) => other.name === field.name) !== at)
  if (twice !== undefined) throw invalid(`${JSON.stringify(twice.name)} is there twice`)
  return { 'spec-id': 0, fields }
}

function suffixOf(transform: Transform): string {
  const kind = parseTransform(transform)?.kind
  if (kind === 'identity') return ''
  return kind === 'truncate' ? '_trunc' : `_${kind ?? 'value'}`
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name
  for (let number = 2; taken.has(free); number += 1) free = `${name}_${number}`
  return free
}

function invalid(problem: string): SluiceError<'OPTION_INVALID'> {
  return new SluiceError('OPTION_INVALID', { option: 'partitionBy', problem })
}
