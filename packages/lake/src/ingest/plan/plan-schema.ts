import { SluiceError } from '@sluice/core'
import { canPromote } from '../../format/promotion.ts'
import { evolveSchema } from '../../format/evolve-schema.ts'
import type { Field, IcebergType, PrimitiveType, Schema } from '../../format/schema.ts'
import { assignFreshIds } from '../../format/schema-fields.ts'
import type { TableUpdate } from '../../format/table-update.ts'
import type { DeclaredColumn } from '../columns/declared-columns.ts'
import { unifyTypes } from '../columns/unify-types.ts'
import type { LoadRequest } from '../load-request.ts'
import type { SchemaChange } from '../schema-change.ts'
import type { RawColumn } from './reading.ts'

/** The table's schema as this load needs it. */
export interface SchemaPlan {
  readonly schema: Schema
  readonly lastColumnId: number
  readonly updates: readonly TableUpdate[]
  readonly change: SchemaChange
  /** Columns whose type was there before the source: more texts are let in than where it is guessed. */
  readonly given: ReadonlySet<string>
  /** Columns of the source that are left out, by the contract. */
  readonly dropped: ReadonlySet<string>
  readonly declared: ReadonlyMap<string, DeclaredColumn>
  /** Columns that every row of this load must have a value in. */
  readonly required: ReadonlySet<string>
}

const own: readonly (readonly [string, PrimitiveType])[] = [
  ['_loaded_at', 'timestamptz'],
  ['_load_id', 'string'],
  ['_source_file', 'string'],
]

/** Fits the table's schema to the columns of all files of a source, as the contract says. */
export function planSchema(
  request: LoadRequest,
  columns: readonly RawColumn[],
  declared: ReadonlyMap<string, DeclaredColumn>,
): SchemaPlan {
  const table = request.table?.schema
  const fields = new Map(table?.fields.map((field) => [field.name, field]))
  const wanted = wantedTypes(columns, fields, declared, typesMode(request) === 'evolve')
  const given = new Set([...fields.keys(), ...declared.keys()])
  const news = [...wanted.keys()].filter((name) => !given.has(name))
  const closed = table !== undefined || declared.size > 0
  const mode = request.options.contract?.columns ?? request.declared?.contract?.columns ?? 'evolve'
  if (mode === 'freeze' && closed && news.length > 0)
    throw new SluiceError('LOAD_CONTRACT_BROKEN', {
      problem: `the source has columns that the table has not: ${news.join(', ')}`,
    })
  const dropped = new Set(mode === 'discard' && closed ? news : [])
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: [...withoutDropped(wanted, dropped), ...own].map(([name, type], i) =>
      newField(i + 1, name, type, declared),
    ),
  }
  return {
    ...fitted(request, schema, typesMode(request)),
    given,
    dropped,
    declared,
    required: new Set(request.required),
  }
}

/** What becomes of values that the table's column cannot hold. */
export function typesMode(request: LoadRequest): 'evolve' | 'freeze' | 'discard' | 'quarantine' {
  return request.options.contract?.types ?? request.declared?.contract?.types ?? 'quarantine'
}

function withoutDropped(
  wanted: ReadonlyMap<string, IcebergType>,
  dropped: ReadonlySet<string>,
): readonly (readonly [string, IcebergType])[] {
  return [...wanted].filter(([name]) => !dropped.has(name))
}

/** A column without a value stays pending: it is not made before its type is known. */
function wantedTypes(
  columns: readonly RawColumn[],
  table: ReadonlyMap<string, Field>,
  declared: ReadonlyMap<string, DeclaredColumn>,
  widens: boolean,
): ReadonlyMap<string, IcebergType> {
  const types = new Map<string, IcebergType | undefined>()
  for (const [name, { type }] of declared) types.set(name, table.get(name)?.type ?? type)
  for (const column of columns) {
    if (declared.has(column.name)) {
      // What an author says of a column holds, unless the contract lets it grow.
      if (widens && isWider(column, types.get(column.name))) types.set(column.name, column.type)
      continue
    }
    const field = table.get(column.name)
    // A text is read as what the table has; a guess says nothing against it.
    const type = field !== undefined && column.duckType === undefined && column.guessed ? field.type : column.type
    types.set(column.name, unifyTypes(types.get(column.name), type))
  }
  return new Map([...types].filter((entry): entry is [string, IcebergType] => entry[1] !== undefined))
}

/** A guess says nothing: whole numbers of a text are long however small they are. */
function isWider({ type, guessed }: RawColumn, than: IcebergType | undefined): boolean {
  return !guessed && typeof type === 'string' && typeof than === 'string' && canPromote(than, type)
}

function newField(id: number, name: string, type: IcebergType, declared: ReadonlyMap<string, DeclaredColumn>): Field {
  const doc = declared.get(name)?.description
  return { id, name, required: false, type, ...(doc !== undefined && { doc }) }
}

function fitted(
  request: LoadRequest,
  wanted: Schema,
  mode: string,
): Omit<SchemaPlan, 'given' | 'dropped' | 'declared' | 'required'> {
  const names = wanted.fields.map((field) => field.name).filter((name) => !own.some(([ours]) => ours === name))
  if (request.table === undefined) {
    const fresh = assignFreshIds(wanted)
    return { ...fresh, updates: [], change: { added: names, widened: [], missing: [] } }
  }
  const table = request.table.schema
  const evolved = evolveSchema(table, wanted, { lastColumnId: request.table.lastColumnId })
  if (mode === 'freeze' && evolved.widened.length + evolved.conflicts.length > 0)
    throw new SluiceError('LOAD_CONTRACT_BROKEN', { problem: changedTypes([...evolved.widened, ...evolved.conflicts]) })
  const { schema, lastColumnId, added, widened, missing } = evolved
  const change = { added: added.filter((name) => names.includes(name) || name.includes('.')), widened, missing }
  if (schema === table) return { schema, lastColumnId, updates: [], change }
  const next = { ...schema, 'schema-id': table['schema-id'] + 1 }
  const updates: readonly TableUpdate[] = [
    { action: 'add-schema', schema: next },
    { action: 'set-current-schema', 'schema-id': -1 },
  ]
  return { schema: next, lastColumnId, updates, change }
}

function changedTypes(
  changes: readonly { readonly column: string; readonly from: string; readonly to: string }[],
): string {
  return `types differ: ${changes.map(({ column, from, to }) => `${column} is ${from}, the source has ${to}`).join('; ')}`
}
