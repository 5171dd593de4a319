import { DuckDBInstance } from '@duckdb/node-api'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'

/** A DuckDB of this process: a file, or one in memory. */
export interface DuckDb extends AsyncDisposable {
  run(sql: string): Promise<void>
  rows<T extends object>(sql: string): Promise<T[]>
  /** All or nothing. */
  transaction<T>(body: () => Promise<T>): Promise<T>
}

// Beside the flow itself: what it needs beyond that goes to temporary files.
const limits = { memory_limit: '768MB', threads: '2' }

/** Opens it; a file that is open already in this process is shared. An abort interrupts the statement that runs. */
export async function openDuckDb(file = ':memory:', signal?: AbortSignal): Promise<DuckDb> {
  signal?.throwIfAborted()
  if (file !== ':memory:') await mkdir(path.dirname(file), { recursive: true })
  const instance = await (file === ':memory:'
    ? DuckDBInstance.create(file, limits)
    : DuckDBInstance.fromCache(file, limits))
  const connection = await instance.connect()
  const interrupt = (): void => connection.interrupt()
  signal?.addEventListener('abort', interrupt)
  const run = async (sql: string): Promise<void> => {
    signal?.throwIfAborted()
    await connection.run(sql)
  }
  return {
    run,
    rows: async <T extends object>(sql: string) => {
      const reader = await connection.runAndReadAll(sql)
      return reader.getRowObjectsJS() as unknown as T[]
    },
    transaction: async (body) => {
      await run('begin')
      try {
        const result = await body()
        await run('commit')
        return result
      } catch (error) {
        await connection.run('rollback').catch(() => {})
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => {
      signal?.removeEventListener('abort', interrupt)
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** A text in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name in SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
