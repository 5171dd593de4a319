import { recordReads } from '../lineage/record-reads.ts'
import { queryHost } from '../sql/query-host.ts'
import { createRelation, type Relation } from '../sql/relation.ts'
import type { OpenLake } from '../table/lake.ts'

/** A query of this lake, written as text. */
export function queryLake(lake: OpenLake, text: string, options: { readonly signal?: AbortSignal } = {}): Relation {
  return createRelation({ text, values: [] }, async () => ({
    ...(await queryHost(lake, options.signal)),
    record: (reads) => recordReads(lake.catalog, undefined, reads),
  }))
}
