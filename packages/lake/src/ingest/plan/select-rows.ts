import { identifier, literal } from '../../duckdb/quote.ts'
import { duckdbType } from '../../duckdb/duckdb-types.ts'
import type { Field, IcebergType, Schema } from '../../format/schema.ts'
import type { LoadRequest } from '../load-request.ts'
import { type Conversion, conversionOf, nothing, strictly } from './convert.ts'
import type { RejectionReason } from '../careful/rejection.ts'
import type { TypesRule } from '../contract-rules.ts'
import { knownMembers } from './known-members.ts'
import type { SchemaPlan } from './plan-schema.ts'
import type { RawColumn, Reading } from './reading.ts'

/** One SELECT over all files, columns as the schema has them. */
export function selectAll(selects: readonly string[], schema: Schema): string {
  if (selects.length > 0) return selects.join(' UNION ALL ')
  const none = schema.fields.map((field) => `${nothing(field.type)} AS ${identifier(field.name)}`).join(', ')
  return `SELECT ${none} WHERE false`
}

/** The rows of one file, throwing at the first value that does not fit. */
export function selectStrictly(request: LoadRequest, plan: SchemaPlan, reading: Reading): string {
  const guards: string[] = []
  const casts: string[] = []
  const isNarrow = plan.schema.fields.length <= mostCastsBelow
  const columns = plan.schema.fields.map((field) => {
    const raw = columnOf(reading, field.name)
    const name = isNarrow ? identifier(`-cast-${field.id}`) : undefined
    const strict = raw && strictly(conversion(plan, raw, field), field.type, name)
    guards.push(...(strict?.guards ?? []))
    if (strict?.cast !== undefined) casts.push(strict.cast)
    return `${own(request, reading, field) ?? strict?.sql ?? nothing(field.type)} AS ${identifier(field.name)}`
  })
  const unexpected = [...pending(plan, reading), ...unknownColumns(plan, reading)]
  guards.push(
    ...unexpected.map(
      ({ value, source }) =>
        `(${value} IS NULL OR error(${literal(`the column ${source} has a value after all: `)} || left(CAST(${value} AS VARCHAR), 80)) IS NULL)`,
    ),
  )
  const absent = misfitTests(plan, reading).filter(({ raw }) => raw === undefined)
  guards.push(...absent.map(({ column }) => `error(${literal(`the source has no column ${column}`)}) IS NULL`))
  const from = casts.length === 0 ? reading.from : withCasts(reading.from, casts)
  return `SELECT ${columns.join(', ')} FROM ${from}${guards.length === 0 ? '' : ` WHERE ${guards.join(' AND ')}`}`
}

/** In a wider table they make DuckDB's planning slow. */
const mostCastsBelow = 300

/**
 * Values are computed before rows are tested. DuckDB moves tests below what it can compute twice, and would; what changes with
 * every row stops it, and nobody asks for that column, so that it is never made.
 */
function withCasts(from: string, casts: readonly string[]): string {
  return `(SELECT *, ${casts.join(', ')}, random() AS "-random-" FROM ${from})`
}

/** The rows of one file that fit; what does not is taken by `selectMisfits`. */
export function selectFitting(request: LoadRequest, plan: SchemaPlan, reading: Reading): string {
  const columns = plan.schema.fields.map((field) => {
    const raw = columnOf(reading, field.name)
    const sql = own(request, reading, field) ?? (raw ? conversion(plan, raw, field).sql : nothing(field.type))
    return `${sql} AS ${identifier(field.name)}`
  })
  const misfits = misfitTests(plan, reading)
  return `SELECT ${columns.join(', ')} FROM ${reading.from}${misfits.length === 0 ? '' : ` WHERE NOT (${anyOf(misfits)})`}`
}

/** One test that a row may fail. */
export interface MisfitTest {
  /** Of the table, or the one that it has not. */
  readonly column: string
  /** Undefined: the table has no such column. */
  readonly type: IcebergType | undefined
  readonly raw: RawColumn | undefined
  readonly reason: RejectionReason
  readonly misfit: string
  /** What becomes of a row that fails it. */
  readonly rule: TypesRule
}

/** All tests of a file's rows, in the order of the columns. */
export function misfitTests(plan: SchemaPlan, reading: Reading): readonly MisfitTest[] {
  const tests = plan.schema.fields.flatMap((field): readonly MisfitTest[] => {
    const { name: column, type } = field
    const raw = columnOf(reading, column)
    const rule = plan.rules.types(column)
    if (raw === undefined && !field.required && !isRequired(plan, field)) return []
    if (raw === undefined) return [{ column, type, raw, reason: 'VALUE_MISSING', misfit: 'true', rule }]
    return conversion(plan, raw, field).tests.map(({ reason, misfit }) => {
      // What a column is asked to hold is a matter of types; what it is made of is one of columns.
      return { column, type, raw, reason, misfit, rule: reason === 'COLUMN_UNKNOWN' ? 'quarantine' : rule }
    })
  })
  const unknown = unknownColumns(plan, reading).map((raw): MisfitTest => {
    const misfit = `${raw.value} IS NOT NULL`
    return { column: raw.name, type: undefined, raw, reason: 'COLUMN_UNKNOWN', misfit, rule: 'quarantine' }
  })
  return [...tests, ...unknown]
}

function unknownColumns({ unknown }: SchemaPlan, reading: Reading): readonly RawColumn[] {
  return unknown.size === 0 ? [] : reading.columns.filter(({ name }) => unknown.has(name))
}

export function anyOf(tests: readonly MisfitTest[]): string {
  return tests.length === 0 ? 'false' : tests.map(({ misfit }) => misfit).join(' OR ')
}

/** Columns that were not made because no row seemed to have a value in them. */
function pending(plan: SchemaPlan, reading: Reading): readonly RawColumn[] {
  const made = new Set(plan.schema.fields.map((field) => field.name))
  return reading.columns.filter(
    (column) =>
      column.guessed && !column.proved && ![made, plan.dropped, plan.unknown].some((names) => names.has(column.name)),
  )
}

const columnsByName = new WeakMap<Reading, ReadonlyMap<string, RawColumn>>()

export function columnOf(reading: Reading, name: string): RawColumn | undefined {
  let columns = columnsByName.get(reading)
  if (columns === undefined) {
    columns = new Map(reading.columns.map((column) => [column.name, column]))
    columnsByName.set(reading, columns)
  }
  return columns.get(name)
}

export function conversion(plan: SchemaPlan, raw: RawColumn, field: Field): Conversion {
  const declared = plan.declared.get(field.name)
  const rules = { required: isRequired(plan, field), accepted: declared?.accepted }
  return conversionOf(withKnownMembers(plan, raw, field), field, plan.given.has(field.name), rules)
}

/** Members of structs that the contract keeps out are cut off before the value is looked at. */
function withKnownMembers({ rules }: SchemaPlan, raw: RawColumn, { type }: Field): RawColumn {
  if (rules.columns === 'evolve' || raw.duckType === undefined || raw.type === undefined) return raw
  const known = knownMembers(raw.type, type)
  if (known === raw.type) return raw
  const duckType = duckdbType(known)
  const value = `CAST(${raw.value} AS ${duckType})`
  const isCut = `(CAST(${value} AS ${raw.duckType}) IS DISTINCT FROM ${raw.value})`
  return { ...raw, value, duckType, type: known, ...(rules.columns === 'quarantine' && { unknown: isCut }) }
}

function isRequired({ declared, required }: SchemaPlan, { name }: Field): boolean {
  return declared.get(name)?.required === true || required.has(name)
}

/** Columns of ours whose rows all hold one text, or one of few: {@link own} makes dictionaries of them, which cost nearly nothing. */
export function ownTexts(
  { loadId }: LoadRequest,
  files: readonly { readonly label: string | undefined }[],
): ReadonlyMap<string, readonly string[]> {
  return new Map([
    ['_load_id', [loadId]],
    ['_source_file', files.flatMap(({ label }) => label ?? [])],
  ])
}

/** What Sluice says of every row. */
export function own(request: LoadRequest, reading: Reading, field: Field): string | undefined {
  if (field.name === '_loaded_at') return `make_timestamptz(${BigInt(Math.round(request.now)) * 1000n})`
  if (field.name === '_load_id') return dictionaryOf(request.loadId)
  if (field.name !== '_source_file') return undefined
  const { label } = reading.file
  return label === undefined ? `CAST(NULL AS ${duckdbType('string')})` : dictionaryOf(label)
}

function dictionaryOf(text: string): string {
  return `CAST(${literal(text)} AS ENUM(${literal(text)}))`
}
