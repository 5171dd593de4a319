// What a table's handle does to it beside its rows.
export { alterTable } from './alter-table.ts'
export { compactTable } from '../upkeep/compact-table.ts'
export { dropFromLake } from '../upkeep/drop-from-lake.ts'
export { expireTable } from '../upkeep/expire-table.ts'
