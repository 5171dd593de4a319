export type { LakeCatalog } from './catalog/lake-catalog.ts'
export type { LakeStorage } from './storage/lake-storage.ts'
export type { Table, TableOptions } from './table/types.ts'
