import type { IcebergType } from '../../format/schema.ts'

const quick: Readonly<Partial<Record<string, (c: string, value: string) => string>>> = {
  long: (c, value) => `CAST(${value} AS VARCHAR) = ${c}`,
  double: (c, value) =>
    `(NOT contains(${c}, '_') AND isfinite(${value}) AND (strlen(${c}) <= 15 OR contains(${c}, '.')) ` +
    `AND ((${c} >= '1' AND ${c} < ':') OR (${c} >= '0.' AND ${c} < '0/') OR (${c} >= '-1' AND ${c} < '-:') OR ${c} = '0'))`,
  timestamp: (c) => `(strlen(${c}) = 19 AND ${c} LIKE '____-__-__ __:__:__')`,
}

/**
 * A cheap test that most texts of this type pass; those that do have the value that DuckDB's own cast gives, or make it throw.
 * Undefined: there is none. It is what makes the strict read nearly as fast as DuckDB's typed one. `value`: SQL of that cast.
 */
export function quickSql(type: IcebergType, c: string, value: string): string | undefined {
  return typeof type === 'string' ? quick[type]?.(c, value) : undefined
}
