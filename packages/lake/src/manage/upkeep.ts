// What a table's handle does to it beside its rows.
export { alterTable } from './alter-table.ts'
