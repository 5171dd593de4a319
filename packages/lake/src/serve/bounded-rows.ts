import type { Json } from '@sluice/core'
import { jsonOf } from './json-of.ts'

export interface BoundedRows {
  readonly rows: readonly Json[]
  /** There were more. */
  readonly more: boolean
}

/** The first rows as JSON, as many as there may be, in number and in bytes; one at least. */
export function boundedRows(
  rows: readonly object[],
  most: { readonly rows: number; readonly bytes: number },
): BoundedRows {
  const kept: Json[] = []
  let bytes = 0
  for (const row of rows.slice(0, most.rows)) {
    const json = jsonOf(row)
    bytes += JSON.stringify(json).length
    if (bytes > most.bytes && kept.length > 0) break
    kept.push(json)
  }
  return { rows: kept, more: kept.length < rows.length }
}
