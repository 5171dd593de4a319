import { SluiceError } from '@sluice/core'
import type { Client, QueryResult } from 'pg'
import { cancellable } from './abort.ts'
import { copyInto, type CopyOptions, type CopyResult } from './copy-from.ts'
import type { Connections } from './connections.ts'
import { queryError } from './query-error.ts'
import { bind, type BoundStatement, type Identifier, identifier, isFragment, type SqlFragment, sql } from './sql.ts'
import { UnstorableValue, valueText } from './value-text.ts'

/** SQL text, or what {@link sql} returned. */
export type Statement = string | SqlFragment

export interface QueryOptions {
  /** Abort it and the server stops working on the statement. */
  readonly signal?: AbortSignal
}

export interface TransactionOptions extends QueryOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
}

/** What can be done with a database, and inside a transaction of it. */
export interface Session {
  /** The rows of a statement. `bigint` columns are numbers where exact, `date` is text, `numeric` is text, Dates are UTC. */
  query<T extends object = Record<string, unknown>>(
    statement: Statement,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<T[]>
  /** The rows of a statement written in place; each `${value}` is bound, {@link Session.identifier} names are quoted. */
  sql<T extends object = Record<string, unknown>>(
    strings: TemplateStringsArray,
    ...values: readonly unknown[]
  ): Promise<T[]>
  /** Runs a statement for its effect. */
  execute(
    statement: Statement,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<{ readonly rowCount: number }>
  /** Commits when `body` returns, rolls back when it throws. Inside a transaction it is a savepoint. */
  transaction<T>(body: (tx: Session) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Streams rows into a table by one COPY statement: all or nothing, in flat memory. */
  copyFrom(options: CopyOptions): Promise<CopyResult>
  identifier(...parts: readonly [string, ...string[]]): Identifier
}

/** Lends the connection for one operation. */
export type UseClient = <T>(work: (client: Client) => Promise<T>, signal: AbortSignal | undefined) => Promise<T>

export interface SessionContext {
  readonly use: UseClient
  readonly connections: Connections
  readonly transaction: Session['transaction']
  /** Stops every statement of this session. */
  readonly signal?: AbortSignal | undefined
}

/** The operations that are the same on a database and in a transaction. */
export function createSession(context: SessionContext): Session {
  const { connections } = context
  const run = <T>(own: AbortSignal | undefined, work: (client: Client) => Promise<T>): Promise<T> => {
    const signal = eitherSignal(own, context.signal)
    return context.use((client) => cancellable(client, connections, signal, () => work(client)), signal)
  }
  const send = async (
    statement: Statement,
    params: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<Result> => {
    const bound = boundOf(statement, params)
    return await run(options.signal, (client) => sendBound(client, bound, connections.location))
  }
  const query = async <T extends object>(
    statement: Statement,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<T[]> => {
    const result = await send(statement, params, options)
    return result.rows as T[]
  }
  return {
    query,
    sql: (strings, ...values) => query(sql(strings, ...values)),
    execute: async (statement, params, options) => ({
      rowCount: (await send(statement, params, options)).rowCount ?? 0,
    }),
    transaction: context.transaction,
    copyFrom: (options) => run(options.signal, (client) => copyInto(client, options, connections.location)),
    identifier,
  }
}

type Result = QueryResult<Record<string, unknown>>

function eitherSignal(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one !== undefined && other !== undefined ? AbortSignal.any([one, other]) : (one ?? other)
}

/** Sends one statement and gives its errors our form. */
export async function sendBound(client: Client, { text, values }: BoundStatement, location: string): Promise<Result> {
  try {
    return await client.query<Record<string, unknown>>({ text, values: values.map(parameter) })
  } catch (error) {
    throw queryError(error, { database: location, statement: text })
  }
}

function boundOf(statement: Statement, params: readonly unknown[]): BoundStatement {
  return isFragment(statement) ? bind(statement) : { text: statement, values: params }
}

/** Bytes go as they are (binary); everything else as the text that COPY would write for it. */
function parameter(value: unknown, index: number): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  try {
    return valueText(value)
  } catch (error) {
    if (!(error instanceof UnstorableValue)) throw error
    throw new SluiceError('DATABASE_QUERY', {
      problem: `parameter $${index + 1} cannot be sent: ${error.message}`,
      transient: false,
    })
  }
}
