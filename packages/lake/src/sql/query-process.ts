import { SluiceError } from '@sluice/core'
import { sibling } from '@sluice/engine'
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import type { FromQueryProcess, QueryOrder, ResultColumn, RowColumns, ToQueryProcess } from './child/messages.ts'
import { type SqlTree, withLine } from './read-references.ts'

/** A process for queries. One query at a time; killed with the query that is given up. */
export interface QueryProcess extends Disposable {
  parse(sql: string): Promise<SqlTree>
  /** Rows, chunk by chunk; the next chunk is made when it is asked for. Nothing is yielded when the order writes a file. */
  run(order: QueryOrder): AsyncGenerator<QueryRows, QueryEnd>
}

export interface QueryRows {
  readonly rows: readonly object[]
  readonly columns: readonly ResultColumn[]
}

export interface QueryEnd {
  readonly columns: readonly ResultColumn[]
  readonly rows: number
}

/** Processes for queries, kept for the next query. */
export interface QueryProcesses extends AsyncDisposable {
  /** Its disposal gives it back; after a failure or an abort it is killed instead. */
  lease(signal?: AbortSignal): Promise<QueryProcess>
}

/** A process that waits for its next query does not keep this one alive. */
export function createQueryProcesses(): QueryProcesses {
  const idle: ChildProcess[] = []
  const alive = new Set<ChildProcess>()
  return {
    async lease(signal) {
      signal?.throwIfAborted()
      const child = idle.pop() ?? (await start(alive))
      child.ref()
      child.channel?.ref()
      return leased(child, signal, () => {
        child.channel?.unref()
        child.unref()
        idle.push(child)
      })
    },
    async [Symbol.asyncDispose]() {
      const ends = [...alive].map((child) => once(child, 'exit'))
      for (const child of alive) child.kill('SIGKILL')
      await Promise.all(ends)
    },
  }
}

async function start(alive: Set<ChildProcess>): Promise<ChildProcess> {
  const { file, nodeArgs } = sibling('child/main', import.meta.url)
  const child = fork(file, {
    execArgv: [...nodeArgs],
    // Nothing of this process's environment: no credentials, no addresses.
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  await answer(child, undefined, 'ready')
  return child
}

function leased(child: ChildProcess, signal: AbortSignal | undefined, giveBack: () => void): QueryProcess {
  let phase: 'idle' | 'running' = 'idle'
  const kill = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  return {
    async parse(sql) {
      phase = 'running'
      const { tree } = await answer(child, { kind: 'parse', sql }, 'tree', signal)
      phase = 'idle'
      return tree
    },
    async *run(order) {
      phase = 'running'
      for await (const message of messages(child, { kind: 'run', ...order }, signal)) {
        if (message.kind === 'rows') {
          yield { rows: rowsOf(message.rows), columns: columnsOf(message.rows.names, message.rows.types) }
          tell(child, { kind: 'more' })
        } else if (message.kind === 'end') {
          phase = 'idle'
          return { columns: message.columns, rows: message.rows }
        }
      }
      throw ended(child, signal)
    },
    [Symbol.dispose]() {
      signal?.removeEventListener('abort', kill)
      if (phase === 'idle' && child.connected) giveBack()
      else kill()
    },
  }
}

function columnsOf(names: readonly string[], types: readonly string[]): readonly ResultColumn[] {
  return names.map((name, place) => ({ name, type: types[place] ?? '' }))
}

function rowsOf({ names, columns, rows }: RowColumns): readonly object[] {
  return Array.from({ length: rows }, (_, at) => {
    const row: Record<string, unknown> = {}
    for (const [place, name] of names.entries()) row[name] = columns[place]?.[at]
    return row
  })
}

async function answer<K extends FromQueryProcess['kind']>(
  child: ChildProcess,
  question: ToQueryProcess | undefined,
  kind: K,
  signal?: AbortSignal,
): Promise<Extract<FromQueryProcess, { kind: K }>> {
  for await (const message of messages(child, question, signal))
    if (message.kind === kind) return message as Extract<FromQueryProcess, { kind: K }>
  throw ended(child, signal)
}

/** What the process says until it ends. Throws what it reports as a failure. */
async function* messages(
  child: ChildProcess,
  question: ToQueryProcess | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<FromQueryProcess> {
  const heard = on(child, 'message', { close: ['exit'] })
  if (question) tell(child, question)
  if (child.exitCode !== null || child.signalCode !== null) throw ended(child, signal)
  for await (const [message] of heard as AsyncIterable<[FromQueryProcess]>) {
    if (message.kind === 'failed') throw failed(message.problem)
    yield message
  }
}

function tell(child: ChildProcess, message: ToQueryProcess): void {
  // A process that is gone is told of by its exit.
  child.send(message, () => undefined)
}

function ended({ exitCode, signalCode }: ChildProcess, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return signal.reason as Error
  const how = signalCode === null ? `exit code ${exitCode}` : signalCode
  return new SluiceError('LAKE_QUERY_FAILED', { problem: `the process that ran it ended (${how})` })
}

/** DuckDB draws the place of an error below it: of that the number of the line is kept. */
function failed(text: string): SluiceError {
  const [problem = text] = text.split('\n\n', 1)
  const number = /\n\nLINE (\d+): [^\n]*\n *\^/.exec(text)?.[1]
  const line = number === undefined ? undefined : Number(number)
  return new SluiceError('LAKE_QUERY_FAILED', {
    problem: withLine(problem, line),
    ...(line !== undefined && { line }),
  })
}
