import { DuckDBInstance } from '@duckdb/node-api'
import type { QueryOrder } from './messages.ts'

type Limits = Pick<QueryOrder, 'memoryLimit' | 'threads' | 'spill'>

let next: { readonly key: string; readonly instance: Promise<DuckDBInstance> } | undefined

/** A DuckDB that no query has used: the one that was made ahead, when it has these limits. Whoever takes it closes it. */
export function takeInstance(limits: Limits): Promise<DuckDBInstance> {
  const made = next
  next = undefined
  if (made?.key === keyOf(limits)) return made.instance
  made?.instance.then((instance) => instance.closeSync()).catch(() => undefined)
  return create(limits)
}

/** Makes one for the next query, which most often has the same limits: opening a DuckDB takes as long as a small query. */
export function makeNextInstance(limits: Limits): void {
  if (next) return
  const instance = create(limits)
  // Whoever takes it is told.
  instance.catch(() => undefined)
  next = { key: keyOf(limits), instance }
}

function create({ memoryLimit, threads, spill }: Limits): Promise<DuckDBInstance> {
  return DuckDBInstance.create(':memory:', {
    memory_limit: memoryLimit,
    ...(threads !== undefined && { threads: String(threads) }),
    temp_directory: spill,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
}

function keyOf({ memoryLimit, threads, spill }: Limits): string {
  return JSON.stringify([memoryLimit, threads, spill])
}
