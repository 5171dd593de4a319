import type { TableMetadata } from '../format/table-metadata.ts'
import { TableFiles } from '../catalog/table-files.ts'
import { type LeaseTicket, takeLease } from '../catalog/table-lease.ts'
import { requireTableName } from '../catalog/lake-paths.ts'
import type { LakeCatalog, LeaseOptions, TableLease, TablePointer } from '../catalog/lake-catalog.ts'
import type { Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'

/** Asks the process that has the catalogue. */
export type Ask = (question: CatalogQuestion, ...args: readonly unknown[]) => Promise<unknown>

/** What is answered there: everything but reading metadata, which lies in the storage, and waiting in line. */
export type CatalogMethod = Exclude<keyof LakeCatalog, 'id' | 'metadata' | 'lease' | 'audit'>

// A record, so that the compiler misses none.
const methods: Readonly<Record<CatalogMethod, true>> = {
  list: true,
  find: true,
  commit: true,
  drop: true,
  load: true,
  loads: true,
  loadedFiles: true,
  checks: true,
  recordChecks: true,
  incidents: true,
  incident: true,
  openIncident: true,
  resolveIncident: true,
  search: true,
  view: true,
  views: true,
  putView: true,
  dropView: true,
  recordLineage: true,
  recordLooks: true,
  lineage: true,
}

export const catalogQuestions: readonly CatalogMethod[] = Object.keys(methods) as CatalogMethod[]

export type CatalogQuestion = CatalogMethod | 'holdTicket' | 'leaveTicket'

type Asked = Required<Pick<LakeCatalog, CatalogMethod>>

/**
 * The catalogue as the process beside the server has it: files are read and written where they are, what moves pointers is asked of the
 * server over the pipe between them. So that process needs neither the database nor a token.
 */
export function askedCatalog(id: string, ask: Ask, storage: LakeStorage, using: Platform): LakeCatalog {
  const files = new TableFiles(storage)
  const asked = Object.fromEntries(
    catalogQuestions.map((question) => [question, (...args: readonly unknown[]) => ask(question, ...args)]),
  ) as unknown as Asked
  return {
    ...asked,
    id,
    metadata: (pointer: TablePointer): Promise<TableMetadata> => files.metadata(pointer.metadataKey),
    async lease(table: string, options: LeaseOptions = {}): Promise<TableLease> {
      const [name, holder] = [requireTableName(table), using.newId()]
      const line = {
        hold: (drawn: boolean) => ask('holdTicket', name, holder, drawn) as Promise<LeaseTicket>,
        leave: async () => void (await ask('leaveTicket', name, holder)),
      }
      return takeLease(line, using, options)
    },
  }
}
