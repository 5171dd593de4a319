import { once } from 'node:events'
import type { Client, Connection } from 'pg'
import { queryError } from './query-error.ts'

/** One COPY … FROM STDIN on a connection. */
export interface CopyIn {
  /** The server is ready for data, or has refused the statement. */
  readonly ready: Promise<void>
  /** Resolves when the socket takes more: this wait is the backpressure. */
  write(bytes: Buffer): Promise<void>
  /** Resolves with the number of rows when the server has stored them all. */
  finish(): Promise<number>
  /** Gives up: the server forgets what it got. Resolves when the connection is usable again or gone. */
  abandon(reason: string): Promise<void>
  /** Waits for something else (the source's next piece), but not beyond a failure or {@link CopyIn.interrupt}. */
  alongside<T>(other: Promise<T>): Promise<T>
  /** Ends such a wait with this error, now. */
  interrupt(error: unknown): void
}

/** `pg` has these, its types do not. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
}

/**
 * Speaks the copy-in part of PostgreSQL's protocol through `pg`'s hook for custom queries.
 * Phases: starting → copying → ending → done; `failed` from any of them, by the server's error or a lost connection.
 */
export function startCopyIn(client: Client, statement: string, location: string): CopyIn {
  const ready = Promise.withResolvers<void>()
  const done = Promise.withResolvers<number>()
  let connection: CopyConnection | undefined
  let failure: { readonly error: unknown } | undefined
  let interrupt: (error: unknown) => void = () => {}
  let rows = 0
  // Both are looked at later, or never when the other told it already.
  ready.promise.catch(() => {})
  done.promise.catch(() => {})

  client.query({
    submit: (its: Connection) => {
      connection = its as CopyConnection
      connection.query(statement)
    },
    handleCopyInResponse: () => ready.resolve(),
    handleCommandComplete: ({ text }: { readonly text: string }) => {
      rows = Number(/^COPY (\d+)/.exec(text)?.[1] ?? 0)
    },
    handleReadyForQuery: () => done.resolve(rows),
    handleError: (raw: unknown) => {
      const error = queryError(raw, { database: location, statement })
      failure = { error }
      ready.reject(error)
      done.reject(error)
      interrupt(error)
    },
  })

  const alongside = async <T>(other: Promise<T>): Promise<T> => {
    if (failure !== undefined) throw failure.error
    // One callback at a time; racing against `done` would add a listener to it for every piece of the copy.
    return await new Promise<T>((resolve, reject) => {
      interrupt = reject
      other.then(resolve, reject)
    })
  }
  const live = (): CopyConnection => {
    if (failure !== undefined) throw failure.error
    if (connection === undefined) throw new Error('the copy has not started')
    return connection
  }
  const write = async (bytes: Buffer): Promise<void> => {
    const { stream } = live()
    live().sendCopyFromChunk(bytes)
    // A connection that is lost takes everything at once; that it is lost is told later, and only to who waits.
    if (!stream.writable) await done.promise
    if (stream.writableNeedDrain) await alongside(once(stream, 'drain'))
  }
  const finish = (): Promise<number> => {
    live().endCopyFrom()
    return done.promise
  }
  const abandon = async (reason: string): Promise<void> => {
    // A server that has not answered yet gets it in its turn; one that has failed reads no further.
    if (failure === undefined) connection?.sendCopyFail(reason)
    await done.promise.catch(() => {})
  }
  return { ready: ready.promise, write, finish, abandon, alongside, interrupt: (error) => interrupt(error) }
}
