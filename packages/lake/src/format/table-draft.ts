import type { TableMetadata } from './table-metadata.ts'

/** A table's metadata while a commit's updates are applied, one after the other. */
export interface TableDraft {
  readonly metadata: TableMetadata
  /** What an id of −1 means. */
  readonly lastAdded: { readonly schema?: number; readonly spec?: number; readonly sortOrder?: number }
  /** Milliseconds since 1970, never before the previous commit's. */
  readonly now: number
  /** Whether the table has just been made: it has then no columns that must keep their types. */
  readonly isNew: boolean
}

/** The draft of a change, or of a table that does not exist yet. */
export function draftOf(base: TableMetadata | undefined, now: number): TableDraft {
  const isNew = base === undefined
  const metadata = base ?? noTable
  return { metadata, lastAdded: {}, now: Math.max(now, metadata['last-updated-ms']), isNew }
}

const noTable: TableMetadata = {
  'format-version': 2,
  'table-uuid': '',
  location: '',
  'last-sequence-number': 0,
  'last-updated-ms': 0,
  'last-column-id': 0,
  schemas: [],
  'current-schema-id': -1,
  'partition-specs': [],
  'default-spec-id': -1,
  // Ids of partition fields begin at 1000.
  'last-partition-id': 999,
  'sort-orders': [],
  'default-sort-order-id': -1,
}

/** The draft with some of the metadata changed. */
export function withMetadata(draft: TableDraft, changes: Partial<TableMetadata>): TableDraft {
  return { ...draft, metadata: { ...draft.metadata, ...changes } }
}
