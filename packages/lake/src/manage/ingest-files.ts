import { RawLoad } from '../raw/raw-load.ts'
import { requireRawMode } from '../raw/raw-mode.ts'
import type { OpenLake } from '../table/lake.ts'
import { loadTable } from '../table/load-table.ts'
import type { MergeRequest } from '../table/merge-rule.ts'
import { requireWritable } from '../table/quarantine-table.ts'
import type { LoadOptions, LoadResult } from '../table/types.ts'

export interface IngestRequest {
  readonly table: string
  readonly operation: 'append' | 'replace' | 'merge'
  /** Of a merge. */
  readonly merge?: MergeRequest
  /** Paths, globs, URLs. */
  readonly files: readonly string[]
  /** Instead of files: what the source of this load gave. */
  readonly fromRaw?: { readonly table: string; readonly load: string }
  readonly options: LoadOptions<Record<string, unknown>>
}

/** Loads files into a table as one load, outside of any run. Throws `TABLE_NAME_INVALID`, `LOAD_*`. */
export async function ingestFiles(lake: OpenLake, request: IngestRequest): Promise<LoadResult> {
  const { table, files, fromRaw, options, ...call } = request
  requireWritable(table)
  const loadId = options.id ?? lake.platform.newId()
  requireRawMode(options.raw)
  const source = fromRaw === undefined ? files : new RawLoad(fromRaw.table, fromRaw.load)
  return loadTable({ ...call, lake, table, source, tableOptions: {}, options, loadId, context: undefined })
}
