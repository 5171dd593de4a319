import type { TablePointer, TableQuery } from '../catalog/lake-catalog.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import type { OpenLake } from '../table/lake.ts'
import { resolveVersion } from '../table/resolve-version.ts'

/** A table in a list. Counts are of its current version. */
export interface TableSummary {
  readonly name: string
  readonly rows: number
  readonly files: number
  /** Undefined: whoever wrote the version did not say. */
  readonly bytes?: number
  readonly columns: number
  readonly versions: number
  readonly updatedAt: string
  readonly owner?: string
  readonly description?: string
}

/** The tables of a lake, by name. */
export async function listTables(lake: OpenLake, query: TableQuery = {}): Promise<readonly TableSummary[]> {
  const pointers = await lake.catalog.list(query)
  return Promise.all(pointers.map(async (pointer) => tableSummary(pointer, await lake.catalog.metadata(pointer))))
}

export function tableSummary({ name }: TablePointer, metadata: TableMetadata): TableSummary {
  const { snapshot, schema } = resolveVersion(name, metadata)
  const { owner, comment } = metadata.properties ?? {}
  const bytes = snapshot?.summary['total-files-size']
  return {
    name,
    rows: Number(snapshot?.summary['total-records'] ?? 0),
    files: Number(snapshot?.summary['total-data-files'] ?? 0),
    ...(bytes !== undefined && { bytes: Number(bytes) }),
    columns: schema.fields.length,
    versions: metadata.snapshots?.length ?? 0,
    updatedAt: new Date(metadata['last-updated-ms']).toISOString(),
    ...(owner !== undefined && { owner }),
    ...(comment !== undefined && { description: comment }),
  }
}
