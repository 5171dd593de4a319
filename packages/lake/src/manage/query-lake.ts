import { recordReads } from '../lineage/record-reads.ts'
import { queryHost } from '../sql/query-host.ts'
import { createRelation, type Relation } from '../sql/relation.ts'
import type { SqlValue } from '../sql/sql-text.ts'
import type { OpenLake } from '../table/lake.ts'

export interface QueryOptions {
  readonly signal?: AbortSignal
  /** For `$1`, `$2` … */
  readonly values?: readonly SqlValue[]
}

/** A query of this lake, written as text. */
export function queryLake(lake: OpenLake, text: string, options: QueryOptions = {}): Relation {
  return createRelation({ text, values: options.values ?? [] }, async () => ({
    ...(await queryHost(lake, options.signal)),
    record: (reads) => recordReads(lake.catalog, undefined, reads),
  }))
}
