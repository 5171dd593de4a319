import type { StandardSchema } from '@sluice/engine'
import type { Field, PrimitiveType, Schema } from '../format/schema.ts'
import type { RawZone } from '../raw/raw-zone.ts'
import type { CursorAt } from './cursor/apply-cursor.ts'
import type { LoadOptions, TableOptions } from '../table/types.ts'

/** What one load is to do: everything {@link prepareLoad} needs to know beside the source. */
export interface LoadRequest {
  /** The table that the rows go into; undefined: it is made by this load. */
  readonly table: { readonly schema: Schema; readonly lastColumnId: number } | undefined
  // Names of columns are texts here; the handle has checked their types.
  readonly options: LoadOptions<Record<string, unknown>>
  /** What the table's author said of it. What the load's options say goes before it. */
  readonly declared?: Pick<TableOptions, 'columns' | 'contract' | 'maxRejected' | 'raw'> & {
    readonly schema?: StandardSchema | undefined
  }
  /** Columns that every row must have a value in, beside those that the author's schema says: of a merge, its key. */
  readonly required?: readonly string[]
  /** Columns whose values are not to be shown, beside those that the author calls so: the table knows them. */
  readonly sensitive?: readonly string[]
  readonly loadId: string
  /** Milliseconds since 1970: every row's `_loaded_at`. */
  readonly now: number
  /** A directory on this machine for files of this load; what is in it is gone when the load is disposed of. */
  readonly staging: string
  /** Where what the source gives is kept: it is not asked twice. */
  readonly raw?: RawZone | undefined
  readonly signal: AbortSignal
  /** Of an incremental load. */
  readonly cursor?: CursorAt | undefined
  /** Whether all values that the table holds in a column come through as another type; undefined: nothing can be rewritten. */
  readonly canRewrite?: (field: Field, type: PrimitiveType) => Promise<boolean>
  /** For `once`: which of these hashes or paths the table has already. */
  readonly loaded?: (identities: readonly string[]) => Promise<ReadonlySet<string>>
}

/** A column that a load rewrites as another type: it gets another id, by which readers tell the two apart. */
export interface ColumnRewrite {
  readonly name: string
  /** As it was. */
  readonly before: Field
  readonly from: PrimitiveType
  readonly type: PrimitiveType
}
