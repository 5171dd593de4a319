import { SluiceError } from '@sluice/core'
import { canPromote } from '../../format/promotion.ts'
import { evolveSchema } from '../../format/evolve-schema.ts'
import type { Field, IcebergType, PrimitiveType, Schema } from '../../format/schema.ts'
import { assignFreshIds } from '../../format/schema-fields.ts'
import type { TableUpdate } from '../../format/table-update.ts'
import type { DeclaredColumn } from '../columns/declared-columns.ts'
import { unifyTypes } from '../columns/unify-types.ts'
import { type ContractRules, contractRules } from '../contract-rules.ts'
import type { ColumnRewrite, LoadRequest } from '../load-request.ts'
import type { SchemaChange } from '../schema-change.ts'
import { knownMembers } from './known-members.ts'
import type { RawColumn } from './reading.ts'

/** The table's schema as this load needs it. */
export interface SchemaPlan {
  readonly schema: Schema
  readonly lastColumnId: number
  readonly updates: readonly TableUpdate[]
  readonly change: SchemaChange
  readonly rewritten: readonly ColumnRewrite[]
  /** Columns whose type was there before the source: more texts are let in than where it is guessed. */
  readonly given: ReadonlySet<string>
  /** Columns of the source that are left out, by the contract. */
  readonly dropped: ReadonlySet<string>
  /** Columns of the source that no row may have a value in, by the contract. */
  readonly unknown: ReadonlySet<string>
  readonly rules: ContractRules
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
  rewritten: readonly ColumnRewrite[],
): SchemaPlan {
  const rules = contractRules(request)
  const table = request.table && withRewritten(request.table, rewritten)
  const fields = new Map(table?.schema.fields.map((field) => [field.name, field]))
  const wanted = wantedTypes(columns, fields, declared, rules)
  const given = new Set([...fields.keys(), ...declared.keys()])
  // The first load of a table that nothing is said of brings its columns.
  const isClosed = table !== undefined || declared.size > 0
  const news = isClosed ? [...wanted.keys()].filter((name) => !given.has(name)) : []
  if (rules.columns === 'freeze' && news.length > 0) throw newColumns(news)
  const left = new Set(rules.columns === 'evolve' ? [] : news)
  const known = [...wanted].flatMap(([name, type]) => (left.has(name) ? [] : [[name, knownType(name, type)] as const]))
  function knownType(name: string, type: IcebergType): IcebergType {
    const field = fields.get(name)
    return field === undefined || takesMembers(rules) ? type : knownMembers(type, field.type)
  }
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: [...known, ...own].map(([name, type], i) => newField(i + 1, name, type, declared)),
  }
  return {
    ...fitted(table, schema, rules, rewritten),
    rewritten,
    given,
    dropped: rules.columns === 'discard' ? left : new Set(),
    unknown: rules.columns === 'quarantine' ? left : new Set(),
    rules,
    declared,
    required: new Set(request.required),
  }
}

/** The table with its rewritten columns: in their places, under new ids. */
function withRewritten(
  { schema, lastColumnId }: NonNullable<LoadRequest['table']>,
  rewritten: readonly ColumnRewrite[],
): NonNullable<LoadRequest['table']> {
  if (rewritten.length === 0) return { schema, lastColumnId }
  const ids = new Map(rewritten.map(({ name, type }, i) => [name, { id: lastColumnId + 1 + i, type }]))
  const fields = schema.fields.map((field) => ({ ...field, ...ids.get(field.name) }))
  return { schema: { ...schema, fields }, lastColumnId: lastColumnId + rewritten.length }
}

/** Whether structs get members that they have not: or are told, where columns are frozen. */
function takesMembers({ columns }: ContractRules): boolean {
  return columns === 'evolve' || columns === 'freeze'
}

function newColumns(names: readonly string[]): SluiceError {
  const problem = `the source has columns that the table has not: ${names.join(', ')}`
  return new SluiceError('LOAD_CONTRACT_BROKEN', { problem })
}

/** A column without a value stays pending: it is not made before its type is known. */
function wantedTypes(
  columns: readonly RawColumn[],
  table: ReadonlyMap<string, Field>,
  declared: ReadonlyMap<string, DeclaredColumn>,
  rules: ContractRules,
): ReadonlyMap<string, IcebergType> {
  const types = new Map<string, IcebergType | undefined>()
  for (const [name, { type }] of declared) types.set(name, table.get(name)?.type ?? type)
  for (const column of columns) {
    if (declared.has(column.name)) {
      // What an author says of a column holds, unless the contract lets it grow.
      if (rules.types(column.name) === 'evolve' && isWider(column, types.get(column.name)))
        types.set(column.name, column.type)
      continue
    }
    const field = table.get(column.name)
    // A text is read as what the table has; a guess says nothing against it. What may not widen is a matter of each value.
    const isText = column.duckType === undefined && column.guessed
    const isHeld = typeof field?.type === 'string' && ['freeze', 'discard'].includes(rules.types(column.name))
    const type = field !== undefined && (isText || isHeld) ? field.type : column.type
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
  before: LoadRequest['table'],
  wanted: Schema,
  rules: ContractRules,
  rewritten: readonly ColumnRewrite[],
): Pick<SchemaPlan, 'schema' | 'lastColumnId' | 'updates' | 'change'> {
  const names = wanted.fields.map((field) => field.name).filter((name) => !own.some(([ours]) => ours === name))
  if (before === undefined) {
    const fresh = assignFreshIds(wanted)
    return { ...fresh, updates: [], change: { added: names, widened: [], rewritten: [], missing: [] } }
  }
  const { schema: table } = before
  const evolved = evolveSchema(table, wanted, { lastColumnId: before.lastColumnId })
  const { schema, lastColumnId, added, widened, missing, conflicts } = evolved
  const members = added.filter((path) => path.includes('.'))
  if (rules.columns === 'freeze' && members.length > 0) throw newColumns(members)
  const frozen = [...widened, ...conflicts].filter(({ column }) => rules.types(rootOf(column)) === 'freeze')
  if (frozen.length > 0) throw new SluiceError('LOAD_CONTRACT_BROKEN', { problem: changedTypes(frozen) })
  const change = {
    added: added.filter((name) => names.includes(name) || name.includes('.')),
    widened,
    rewritten: rewritten.map(({ name, from, type: to }) => ({ column: name, from, to })),
    missing,
  }
  if (schema === table && rewritten.length === 0) return { schema, lastColumnId, updates: [], change }
  const next = { ...schema, 'schema-id': table['schema-id'] + 1 }
  const updates: readonly TableUpdate[] = [
    { action: 'add-schema', schema: next },
    { action: 'set-current-schema', 'schema-id': -1 },
  ]
  return { schema: next, lastColumnId, updates, change }
}

/** The column that a path begins with. */
function rootOf(path: string): string {
  return path.split('.', 1)[0] ?? path
}

function changedTypes(
  changes: readonly { readonly column: string; readonly from: string; readonly to: string }[],
): string {
  return `types differ: ${changes.map(({ column, from, to }) => `${column} is ${from}, the source has ${to}`).join('; ')}`
}
