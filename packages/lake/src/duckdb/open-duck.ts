import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { isSluiceError, SluiceError } from '@sluice/core'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { platform } from '../platform.ts'
import type { DuckColumn, DuckSession } from './duck-session.ts'
import { jsValue } from './js-values.ts'
import { memoryLimit } from './memory-limit.ts'

export interface DuckOptions {
  /** Default: DuckDB's own, which is the number of cores. */
  readonly threads?: number
  /** As DuckDB writes it: `1GB`. Default: `memoryLimit()`. */
  readonly memoryLimit?: string
  /** A directory to spill into. */
  readonly staging: string
}

/** One DuckDB in this process, with one memory and one set of threads for all its sessions. */
export interface Duck extends AsyncDisposable {
  /** A connection of its own. Statements of one session run one after the other; the signal interrupts them. */
  session(options?: { readonly signal?: AbortSignal }): Promise<DuckSession>
}

/** Opens DuckDB, in memory and closed to the outside: no extension is looked for, none is downloaded. */
export async function openDuck(options: DuckOptions): Promise<Duck> {
  const spill = path.join(options.staging, 'duckdb')
  await mkdir(spill, { recursive: true })
  const start = (): Promise<DuckDBInstance> =>
    DuckDBInstance.create(':memory:', {
      ...(options.threads !== undefined && { threads: String(options.threads) }),
      memory_limit: options.memoryLimit ?? memoryLimit(),
      temp_directory: spill,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
  let instance: Promise<DuckDBInstance> | undefined = start()
  await instance
  const broken = (): void => {
    // After an internal error DuckDB refuses everything: the next session gets a new one.
    instance = undefined
  }
  return {
    async session({ signal } = {}) {
      const connection = await (await (instance ??= start())).connect()
      await connection.run("SET TimeZone = 'UTC'")
      return sessionOf(connection, signal, broken)
    },
    async [Symbol.asyncDispose]() {
      const last = await instance
      instance = undefined
      last?.closeSync()
    },
  }
}

function sessionOf(connection: DuckDBConnection, signal: AbortSignal | undefined, broken: () => void): DuckSession {
  const statements = statementsOf(connection)
  signal?.addEventListener('abort', statements.endAll, { once: true })
  const failure = (cause: unknown): Error => {
    if (signal?.aborted) return signal.reason as Error
    if (isSluiceError(cause)) return cause
    const { message } = cause as Error
    if (/^(?:INTERNAL|FATAL) Error/.test(message)) broken()
    return new SluiceError('LAKE_QUERY_FAILED', { problem: message.split('\n\n', 1)[0] }, { cause })
  }
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted()
    statements.begin()
    try {
      return await work()
    } catch (cause) {
      throw failure(cause)
    } finally {
      statements.end()
    }
  }
  const all = <Row extends object>(sql: string): Promise<readonly Row[]> =>
    attempt(async () => {
      const result = await connection.run(sql)
      return (await result.convertRowObjects(jsValue)) as unknown as readonly Row[]
    })
  return {
    all,
    run: (sql) => attempt(async () => void (await connection.run(sql))),
    async *stream<Row extends object>(sql: string) {
      signal?.throwIfAborted()
      statements.begin()
      try {
        const result = await connection.stream(sql)
        for await (const rows of result.yieldConvertedRowObjects(jsValue)) yield rows as unknown as readonly Row[]
      } catch (cause) {
        throw failure(cause)
      } finally {
        statements.end()
      }
    },
    interrupt: statements.endOne,
    columns: async (select) =>
      (await all<{ column_name: string; column_type: string }>(`DESCRIBE ${select}`)).map(
        ({ column_name: name, column_type: type }): DuckColumn => ({ name, type }),
      ),
    [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', statements.endAll)
      connection.closeSync()
      return Promise.resolve()
    },
  }
}

interface Statements {
  begin(): void
  end(): void
  /** Interrupts the one that runs. */
  readonly endOne: () => void
  /** Interrupts it, and all that come. */
  readonly endAll: () => void
}

function statementsOf(connection: DuckDBConnection): Statements {
  let running = 0
  let begun = 0
  // Again and again: an interrupt that comes before the statement has begun is forgotten.
  const interrupt = (goesOn: () => boolean): void => {
    if (running === 0 || !goesOn()) return
    connection.interrupt()
    void platform.sleep(20).then(() => interrupt(goesOn))
  }
  return {
    begin() {
      running++
      begun++
    },
    end: () => void running--,
    endOne() {
      const one = begun
      interrupt(() => begun === one)
    },
    endAll: () => interrupt(() => true),
  }
}
