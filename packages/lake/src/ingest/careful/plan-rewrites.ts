import type { DuckSession } from '../../duckdb/duck-session.ts'
import { canPromote } from '../../format/promotion.ts'
import { decimalOf } from '../../format/primitive-type.ts'
import type { Field, IcebergType, PrimitiveType } from '../../format/schema.ts'
import { declaredColumns } from '../columns/declared-columns.ts'
import { unifyTypes } from '../columns/unify-types.ts'
import { contractRules } from '../contract-rules.ts'
import type { ColumnRewrite, LoadRequest } from '../load-request.ts'
import { conversionOf } from '../plan/convert.ts'
import type { RawColumn, Reading } from '../plan/reading.ts'

/**
 * Columns of the table that a load is to write anew as another type: those that a value does not fit into, where the contract says so and
 * the type that holds both is one that nothing is lost in. They become what they would be, had all of it come at once.
 */
export async function planRewrites(
  session: DuckSession,
  request: LoadRequest,
  readings: readonly Reading[],
): Promise<readonly ColumnRewrite[]> {
  const { table, canRewrite } = request
  const rules = contractRules(request)
  if (table === undefined || canRewrite === undefined || !rules.rewritesAny) return []
  const declared = declaredColumns(request.declared)
  const rewrites: ColumnRewrite[] = []
  for (const field of table.schema.fields) {
    if (typeof field.type !== 'string' || !rules.rewrites(field.name)) continue
    const own = declared.get(field.name)
    const type = own
      ? declaredType(field.type, own.type)
      : await neededType(session, { ...field, type: field.type }, readings)
    if (type === undefined || type === field.type || !keepsAll(field.type)) continue
    if (await canRewrite(field, type)) rewrites.push({ name: field.name, before: field, from: field.type, type })
  }
  return rewrites
}

/** What an author says of a column holds, and changes when that does. */
function declaredType(from: PrimitiveType, to: IcebergType | undefined): PrimitiveType | undefined {
  if (typeof to !== 'string' || canPromote(from, to)) return undefined
  return unifyTypes(from, to) === to ? to : undefined
}

type PlainField = Field & { readonly type: PrimitiveType }

/** Undefined: all values fit, or what would hold them has no plain type. */
async function neededType(
  session: DuckSession,
  field: PlainField,
  readings: readonly Reading[],
): Promise<PrimitiveType | undefined> {
  let type: IcebergType | undefined = field.type
  for (const reading of readings) {
    const column = reading.columns.find(({ name }) => name === field.name)
    const wanted = column && (await misfitType(session, field, column, reading))
    type = unifyTypes(type, wanted)
  }
  return typeof type === 'string' ? type : undefined
}

/** The type of a file's column with a value that does not fit; undefined: there is none. */
async function misfitType(
  session: DuckSession,
  field: PlainField,
  column: RawColumn,
  { from }: Reading,
): Promise<PrimitiveType | undefined> {
  const { tests } = conversionOf(column, field, true, { required: false })
  const misfits = tests.filter(({ reason }) => reason === 'VALUE_INVALID').map(({ misfit }) => misfit)
  if (misfits.length === 0 || typeof column.type !== 'string') return undefined
  const number = String.raw`regexp_full_match(trim(${column.value}), '[+-]?\d+(?:\.\d+)?')`
  const [isDecimal, text] = [decimalOf(field.type) !== undefined, column.duckType === undefined]
  const measures =
    isDecimal && text
      ? [
          `bool_and(${number}) AS numbers`,
          `max(strlen(ltrim(split_part(trim(${column.value}), '.', 1), '+-0'))) AS digits`,
          `max(strlen(rtrim(split_part(trim(${column.value}), '.', 2), '0'))) AS scale`,
        ]
      : []
  const [found] = await session.all<{ odd: boolean | null; numbers?: boolean; digits?: number; scale?: number }>(
    `SELECT ${[`bool_or(${misfits.join(' OR ')}) AS odd`, ...measures].join(', ')} FROM ${from}`,
  )
  if (found?.odd !== true) return undefined
  const { numbers = false, digits = 0, scale = 0 } = found
  return numbers && digits + scale <= 38 ? `decimal(${Math.max(1, digits + scale)}, ${scale})` : column.type
}

/** Types whose values other types hold; bytes have no text. */
function keepsAll(type: PrimitiveType): boolean {
  return type !== 'binary' && !type.startsWith('fixed')
}
