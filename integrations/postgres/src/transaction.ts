import { SluiceError } from '@sluice/core'
import type { Client } from 'pg'
import { cancellable } from './abort.ts'
import type { Connections } from './connections.ts'
import { createSession, type Session, sendBound, type TransactionOptions } from './session.ts'
import { createTurns } from './turns.ts'

/** The three statements around a body: a transaction, or a savepoint inside one. */
interface Bracket {
  readonly open: string
  readonly keep: string
  readonly undo: string
  /** How many brackets are around it. */
  readonly depth: number
}

/** Runs `body` in a transaction, on a connection that is the caller's alone. */
export async function runTransaction<T>(
  client: Client,
  connections: Connections,
  body: (tx: Session) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return await runBracket(client, connections, body, transactionBracket(options), options.signal)
}

async function runBracket<T>(
  client: Client,
  connections: Connections,
  body: (tx: Session) => Promise<T>,
  bracket: Bracket,
  signal: AbortSignal | undefined,
): Promise<T> {
  const turns = createTurns()
  const send = (text: string) => sendBound(client, { text, values: [] }, connections.location)
  const tx = createSession({
    use: (work) => turns.take(() => work(client)),
    connections,
    transaction: (inner, options) =>
      turns.lend(() =>
        runBracket(client, connections, inner, savepointBracket(bracket.depth + 1, options), options?.signal ?? signal),
      ),
    signal,
  })
  await cancellable(client, connections, signal, () => send(bracket.open))
  try {
    const result = await body(tx)
    await turns.close()
    signal?.throwIfAborted()
    const { command } = await send(bracket.keep)
    // A COMMIT after a failed statement is answered by ROLLBACK, and by no error.
    if (command === 'ROLLBACK') throw lostTransaction(connections.location)
    return result
  } catch (error) {
    await turns.close()
    // When the rollback fails too, the connection is closed with its transaction open, which ends it.
    await send(bracket.undo).catch(() => {})
    throw error
  }
}

const levels = new Set(['read committed', 'repeatable read', 'serializable'])

function transactionBracket({ isolation, readOnly }: TransactionOptions): Bracket {
  if (isolation !== undefined && !levels.has(isolation)) {
    throw new SluiceError('OPTION_INVALID', {
      option: 'isolation',
      problem: `must be one of ${[...levels].join(', ')}`,
    })
  }
  const level = isolation === undefined ? '' : ` isolation level ${isolation}`
  return { open: `begin${level}${readOnly === true ? ' read only' : ''}`, keep: 'commit', undo: 'rollback', depth: 0 }
}

function savepointBracket(depth: number, options: TransactionOptions = {}): Bracket {
  if (options.isolation !== undefined || options.readOnly !== undefined) {
    throw new SluiceError('OPTION_INVALID', {
      option: 'isolation',
      problem: 'a nested transaction has that of the outer one',
    })
  }
  const name = `sluice_${depth}`
  return { open: `savepoint ${name}`, keep: `release savepoint ${name}`, undo: `rollback to savepoint ${name}`, depth }
}

function lostTransaction(database: string): SluiceError {
  const problem =
    'the transaction was rolled back, since one of its statements failed and its function went on; let such errors leave it'
  return new SluiceError('DATABASE_QUERY', { database, problem, transient: false })
}
