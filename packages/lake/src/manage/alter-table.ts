import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { LakeCommit } from '../catalog/lake-catalog.ts'
import { alterSchema, type Alteration } from '../format/alter-schema.ts'
import { commitInvalid } from '../format/commit-errors.ts'
import { fieldsById } from '../format/schema-fields.ts'
import type { Schema } from '../format/schema.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import type { TableUpdate } from '../format/table-update.ts'
import { columnName, ownColumns } from '../ingest/columns/column-name.ts'
import type { OpenLake } from '../table/lake.ts'
import { requireOptions } from '../table/require-options.ts'
import { schemaOf } from '../table/resolve-version.ts'
import { propertyUpdates } from '../table/table-properties.ts'
import type { AlterResult } from '../table/upkeep-types.ts'
import { findTable } from '../table/write-target.ts'
import { alteredFacts, factChanges, requireReferred, type TableFacts, tableFacts } from './altered-facts.ts'
import { alteredProperties } from './altered-properties.ts'
import { schemaChanges } from './schema-changes.ts'

/** So often a table's schema may change while a change of it is planned. */
const mostPlans = 20

/** What a table's columns are to become, and what is to be said of the table. */
export type TableAlteration = Alteration & TableFacts

/**
 * Changes a table's columns and what is said of it, without touching a row: columns are told apart by their ids, so files of before are read by the new names
 * and types, and older versions as they were. What is so already is no error, and makes no commit: the same change may be asked for
 * by every start of a script.
 *
 * Throws `TABLE_NOT_FOUND`, `TABLE_COLUMN_UNKNOWN`, and `LAKE_COMMIT_INVALID` for what Iceberg does not allow, or what would leave a key
 * or a partition without its column.
 */
export async function alterTable(
  lake: OpenLake,
  name: string,
  alteration: TableAlteration,
  context?: AttemptContext,
): Promise<AlterResult> {
  requireOptions('alter', alteration, ['rename', 'drop', 'widen', 'describe', 'optional', ...tableFacts])
  await requireReferred(lake.catalog, alteration)
  for (let plans = 1; ; plans++) {
    const found = await findTable(lake.catalog, name)
    if (!found) throw new SluiceError('TABLE_NOT_FOUND', { table: name })
    const { metadata } = found
    const plan = planned(name, metadata, alteration)
    if (plan.updates.length === 0) return { table: name, changes: [] }
    const commit: LakeCommit = {
      id: lake.platform.newId(),
      ...(context && { owner: { rootId: context.rootId, epoch: context.epoch } }),
      tables: [{ name, requirements: requirementsOf(metadata), updates: plan.updates }],
    }
    try {
      context?.requireOpen()
      await lake.catalog.commit(commit)
      return { table: name, changes: plan.changes }
    } catch (error) {
      if (plans === mostPlans || !isSluiceError(error, 'LAKE_COMMIT_CONFLICT')) throw error
    }
  }
}

function requirementsOf(metadata: TableMetadata): LakeCommit['tables'][number]['requirements'] {
  return [
    { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
    { type: 'assert-current-schema-id', 'current-schema-id': metadata['current-schema-id'] },
    { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': metadata['last-column-id'] },
    { type: 'assert-default-spec-id', 'default-spec-id': metadata['default-spec-id'] },
  ]
}

interface PlannedAlteration {
  readonly updates: readonly TableUpdate[]
  readonly changes: readonly string[]
}

function planned(name: string, metadata: TableMetadata, wanted: TableAlteration): PlannedAlteration {
  const schema = schemaOf(metadata, undefined)
  try {
    const alteration = stillToDo(name, metadata, schema, wanted)
    requireDroppable(metadata, schema, alteration)
    const altered = alterSchema(schema, alteration)
    const { properties = {} } = metadata
    const named = altered === schema ? {} : alteredProperties(properties, alteration)
    const said = alteredFacts(name, altered, { ...properties, ...named }, wanted)
    const columns = altered === schema ? [] : schemaUpdates(altered)
    return {
      updates: [...columns, ...propertyUpdates(properties, { ...named, ...said })],
      changes: [...schemaChanges(schema, altered), ...factChanges({ ...properties, ...named }, said)],
    }
  } catch (error) {
    if (!isSluiceError(error, 'LAKE_COMMIT_INVALID')) throw error
    throw new SluiceError('LAKE_COMMIT_INVALID', { ...error.details, table: name })
  }
}

function schemaUpdates(schema: Schema): readonly TableUpdate[] {
  return [
    { action: 'add-schema', schema },
    { action: 'set-current-schema', 'schema-id': -1 },
  ]
}

/** Without what was done before: renames whose column has the new name, drops of a column that the table once had. */
function stillToDo(table: string, metadata: TableMetadata, schema: Schema, wanted: Alteration): Alteration {
  const { rename = {}, drop = [] } = wanted
  const now = new Map(Array.from(fieldsById(schema), ([id, { path }]) => [path, id]))
  const before = new Set(
    metadata.schemas.flatMap((old) => Array.from(fieldsById(old), ([id, { path }]) => `${path} ${id}`)),
  )
  const once = new Set(Array.from(before, (text) => text.slice(0, text.lastIndexOf(' '))))
  const isDone = (path: string, name: string): boolean => {
    const id = now.get(`${path.slice(0, path.lastIndexOf('.') + 1)}${name}`)
    return !now.has(path) && id !== undefined && before.has(`${path} ${id}`)
  }
  const renames = Object.entries(rename).filter(([path, to]) => !isDone(path, to))
  const drops = drop.filter((path) => now.has(path) || !once.has(path))
  const named = [...renames.map(([path]) => path), ...drops, ...namesIn(wanted)]
  const unknown = named.find((path) => !now.has(path))
  if (unknown !== undefined)
    throw new SluiceError('TABLE_COLUMN_UNKNOWN', {
      table,
      column: unknown,
      known: schema.fields.map((field) => field.name),
    })
  for (const path of [...renames.map(([from]) => from), ...drops])
    if (ownColumns.includes(path)) throw commitInvalid(`the column ${path} is written by every load`)
    else if (!isColumn(schema, path)) throw commitInvalid(`${path} is a part of a column: parts keep their names`)
  for (const [, to] of renames) requireName(to)
  return { ...wanted, rename: Object.fromEntries(renames), drop: drops }
}

/** Not a member of a struct: files are read by ids of columns, and by names inside of them. */
const isColumn = ({ fields }: Schema, path: string): boolean => fields.some(({ name }) => name === path)

function namesIn({ widen = {}, describe = {}, optional = [] }: Alteration): readonly string[] {
  return [...Object.keys(widen), ...Object.keys(describe), ...optional]
}

/** A name that no load would give a column would never be written again. */
function requireName(name: string): void {
  if (ownColumns.includes(name)) throw commitInvalid(`the name ${name} is kept for what Sluice says of every row`)
  if (name === '' || columnName(name, 1) !== name)
    throw commitInvalid(`${JSON.stringify(name)} is no name of a column: write ${columnName(name, 1)}`)
}

function requireDroppable(metadata: TableMetadata, schema: Schema, { drop = [] }: Alteration): void {
  const places = fieldsById(schema)
  const isDropped = (id: number): boolean => {
    const path = places.get(id)?.path
    return path !== undefined && drop.some((each) => path === each || path.startsWith(`${each}.`))
  }
  const source = (id: number): string => places.get(id)?.path ?? String(id)
  const partition = metadata['partition-specs']
    .flatMap((spec) => spec.fields)
    .find((field) => isDropped(field['source-id']))
  if (partition) throw commitInvalid(`the table is partitioned by ${source(partition['source-id'])}`)
  const sorted = metadata['sort-orders'].flatMap((order) => order.fields).find((field) => isDropped(field['source-id']))
  if (sorted) throw commitInvalid(`the table is sorted by ${source(sorted['source-id'])}`)
  const key = metadata.properties?.['sluice.key']
  const keyColumn = (key === undefined ? [] : (JSON.parse(key) as readonly string[])).find((column) =>
    drop.includes(column),
  )
  if (keyColumn !== undefined) throw commitInvalid(`the column ${keyColumn} is part of the key`)
}
