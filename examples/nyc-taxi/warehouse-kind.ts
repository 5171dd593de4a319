export type WarehouseKind = 'duckdb' | 'postgres'

/** PostgreSQL where `DATABASE_URL` names one, else a DuckDB file: nothing to start. */
export function defaultWarehouse(): WarehouseKind {
  return (process.env['DATABASE_URL'] ?? '') === '' ? 'duckdb' : 'postgres'
}
