import { PostgresDatabase } from '@sluice/postgres'
import path from 'node:path'
import type { Trip } from './trip.ts'
import type { WarehouseKind } from './warehouse-kind.ts'

/** Part of a Parquet file: rows `from` (counted from 0) up to, not including, `to`. */
export interface ParquetBatch {
  readonly path: string
  /** Its name in the warehouse: its rows carry it. */
  readonly file: string
  /** Stands for what is in the file and how it is cut into batches. */
  readonly content: string
  readonly from: number
  readonly to: number
}

/** Where trips end up. Tables have the columns of `tripColumns` and `source_file`. */
export interface Warehouse extends AsyncDisposable {
  /** Safe to print. */
  readonly location: string
  /** An empty table, in place of what was there. */
  replaceTable(table: string): Promise<void>
  appendTrips(table: string, trips: Iterable<Trip> | AsyncIterable<Trip>): Promise<number>
  /** Creates the table, and the ledger of what was loaded, where they are missing. */
  openTable(table: string): Promise<void>
  /** Removes the rows of this file when they came from another content: the file was made anew. */
  forgetOther(table: string, file: string, content: string): Promise<void>
  /**
   * Appends a batch. With `once`, a batch that the ledger has is skipped; ledger and rows are written in one transaction,
   * so that neither a retry nor a second run can double it.
   */
  appendParquet(
    table: string,
    batch: ParquetBatch,
    once: boolean,
  ): Promise<{ readonly rows: number; readonly skipped: boolean }>
  count(table: string): Promise<number>
}

/** Its address comes from the environment, not from a flow's parameters: those are recorded, and it holds a password. */
export async function openWarehouse(kind: WarehouseKind, directory: string, signal: AbortSignal): Promise<Warehouse> {
  if (kind === 'duckdb') {
    const { duckDbWarehouse } = await import('./duckdb-warehouse.ts')
    return await duckDbWarehouse(path.join(directory, 'warehouse.duckdb'), signal)
  }
  const { postgresWarehouse } = await import('./postgres-warehouse.ts')
  return postgresWarehouse(sharedDatabase(), path.join(directory, 'tmp'), signal)
}

const databases = new Map<string, PostgresDatabase>()

/** One block, and so one small pool, per address and process. */
export function sharedDatabase(): PostgresDatabase {
  const url = process.env['DATABASE_URL'] ?? ''
  const known = databases.get(url)
  if (known !== undefined) return known
  const opened = PostgresDatabase.fromEnv('DATABASE_URL')
  databases.set(url, opened)
  return opened
}

/** Ends the connections of this process. A script needs it not: idle ones let it exit. */
export async function closeDatabases(): Promise<void> {
  await Promise.all([...databases.values()].map((database) => database.close()))
  databases.clear()
}
