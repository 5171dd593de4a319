import { type Json, SluiceError } from '@sluice/core'
import { sibling } from '@sluice/engine'
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { platform } from '../platform.ts'
import type { FromDataProcess, LakeToOpen, ToDataProcess } from './child/messages.ts'
import type { DataInputs, DataVerb } from './data-verbs.ts'
import { receivedError, sentError } from './sent-error.ts'

/** Processes beside a server in which its lake is worked on. */
export interface DataProcesses extends AsyncDisposable {
  /**
   * Does one thing in a process that does nothing else meanwhile. Throws what it throws, `LAKE_BUSY`, `LAKE_TIMEOUT`,
   * `LAKE_PROCESS_ENDED`, and the reason of the signal.
   */
  run<Verb extends DataVerb>(verb: Verb, input: DataInputs[Verb], limits: WorkLimits): Promise<Json>
  /** Of the processes that are alive. */
  pids(): readonly number[]
}

export interface WorkLimits {
  /** Including the waiting for a process. */
  readonly timeoutMs: number
  /** Aborted: nobody wants the answer any more, and the process is killed. */
  readonly signal?: AbortSignal
  /** Who asks, for the record. */
  readonly by: string
  /** The directory that relative paths begin at. */
  readonly cwd?: string
}

export interface DataProcessesOptions {
  /** Answers what a process asks: the catalogue, and the fields of blocks. */
  readonly answer: (question: string, args: readonly unknown[], by: string) => Promise<unknown>
  readonly lake: LakeToOpen
  /** At once. */
  readonly most: number
  /** How many may wait for one. */
  readonly mostWaiting: number
  /** After so long without work a process ends. */
  readonly idleMs: number
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Starts a process for the first who needs one, and one more when that is busy, as many as there may be. Each does one thing at a time, so
 * that one which takes too long, or crashes, takes nothing else with it. A process that waits does not keep this one alive.
 */
export function createDataProcesses(options: DataProcessesOptions): DataProcesses {
  const alive = new Set<ChildProcess>()
  /** For whom each of them works, or has worked last: what it does beside a load is theirs, too. */
  const working = new Map<ChildProcess, string>()
  /** With what ends the waiting for their end. */
  const idle = new Map<ChildProcess, () => void>()
  const line = createLine(options.most, options.mostWaiting)

  const rest = (child: ChildProcess): void => {
    child.channel?.unref()
    child.unref()
    idle.set(
      child,
      platform.every(options.idleMs, () => void child.kill('SIGKILL')),
    )
  }
  const take = async (): Promise<ChildProcess> => {
    for (const [child, stay] of idle) {
      stay()
      idle.delete(child)
      if (!child.connected) continue
      child.ref()
      child.channel?.ref()
      return child
    }
    const child = await start(options, alive)
    // Also while it waits for work: tables are looked after beside loads.
    child.on('message', (message: FromDataProcess) => {
      if (message.kind === 'ask') void reply(child, message, options.answer, working.get(child) ?? 'server')
    })
    child.once('exit', () => working.delete(child))
    return child
  }
  return {
    async run(verb, input, { timeoutMs, signal, cwd, by }) {
      const timeout = AbortSignal.timeout(timeoutMs)
      const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      try {
        using _place = await line.enter(either)
        const child = await take()
        working.set(child, by)
        return await work(child, { kind: 'do', verb, input, cwd }, { signal: either, rest })
      } catch (error) {
        signal?.throwIfAborted()
        if (timeout.aborted) throw new SluiceError('LAKE_TIMEOUT', { verb: `${timeoutMs} ms` }, { cause: error })
        throw error
      }
    },
    pids: () => [...alive].flatMap(({ pid }) => pid ?? []),
    async [Symbol.asyncDispose]() {
      line.close()
      const ends = [...alive].map((child) => once(child, 'exit'))
      for (const child of alive) child.kill('SIGKILL')
      for (const stay of idle.values()) stay()
      await Promise.all(ends)
    },
  }
}

interface Working {
  readonly signal: AbortSignal
  /** Takes a process back that may be used again. */
  readonly rest: (child: ChildProcess) => void
}

async function work(child: ChildProcess, order: ToDataProcess, { signal, rest }: Working): Promise<Json> {
  const kill = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  let answered = false
  try {
    signal.throwIfAborted()
    const last = await finalMessage(child, order)
    answered = true
    if (last.kind === 'failed') throw receivedError(last.error)
    return last.result
  } finally {
    signal.removeEventListener('abort', kill)
    if (answered && child.connected) rest(child)
    else kill()
  }
}

type Final = Extract<FromDataProcess, { kind: 'done' | 'failed' }>

async function finalMessage(child: ChildProcess, order: ToDataProcess): Promise<Final> {
  for await (const message of messages(child, order)) {
    if (message.kind === 'done' || message.kind === 'failed') return message
  }
  throw ended(child)
}

async function reply(
  child: ChildProcess,
  { id, question, args }: Extract<FromDataProcess, { kind: 'ask' }>,
  answer: DataProcessesOptions['answer'],
  by: string,
): Promise<void> {
  try {
    tell(child, { kind: 'answer', id, value: await answer(question, args, by) })
  } catch (error) {
    tell(child, { kind: 'refusal', id, error: sentError(error) })
  }
}

async function start({ lake, env }: DataProcessesOptions, alive: Set<ChildProcess>): Promise<ChildProcess> {
  const { file, nodeArgs } = sibling('child/main', import.meta.url)
  const child = fork(file, {
    execArgv: [...nodeArgs],
    env: { ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  for await (const message of messages(child, undefined))
    if (message.kind === 'ready') {
      tell(child, { kind: 'open', ...lake })
      return child
    }
  throw ended(child)
}

/** What a process says until it ends. */
async function* messages(child: ChildProcess, order: ToDataProcess | undefined): AsyncGenerator<FromDataProcess> {
  const heard = on(child, 'message', { close: ['exit'] })
  if (order) tell(child, order)
  if (child.exitCode !== null || child.signalCode !== null) throw ended(child)
  for await (const [message] of heard as AsyncIterable<[FromDataProcess]>) yield message
}

function tell(child: ChildProcess, message: ToDataProcess): void {
  // A process that is gone is told of by its exit.
  if (child.connected) child.send(message, () => undefined)
}

function ended({ exitCode, signalCode }: ChildProcess): SluiceError {
  return new SluiceError('LAKE_PROCESS_ENDED', { problem: signalCode ?? `exit code ${exitCode}` })
}

interface Line {
  /** Its disposal lets the next one in. Throws `LAKE_BUSY`, and the reason of the signal. */
  enter(signal: AbortSignal): Promise<Disposable>
  /** Nobody enters any more. */
  close(): void
}

/** As many inside as there may be; first come, first served. */
function createLine(most: number, mostWaiting: number): Line {
  const waiting = new Set<PromiseWithResolvers<void>>()
  let inside = 0
  let closed = false
  const place: Disposable = {
    [Symbol.dispose]() {
      const [next] = waiting
      if (next === undefined) inside--
      else {
        waiting.delete(next)
        next.resolve()
      }
    },
  }
  return {
    async enter(signal) {
      signal.throwIfAborted()
      if (closed) throw new SluiceError('SERVER_STOPPING')
      if (inside < most) {
        inside++
        return place
      }
      if (waiting.size >= mostWaiting) throw new SluiceError('LAKE_BUSY')
      const turn = Promise.withResolvers<void>()
      // No place is given to who has gone.
      const give = (): void => {
        waiting.delete(turn)
        turn.reject(signal.reason)
      }
      waiting.add(turn)
      signal.addEventListener('abort', give, { once: true })
      try {
        await turn.promise
        return place
      } finally {
        waiting.delete(turn)
        signal.removeEventListener('abort', give)
      }
    },
    close() {
      closed = true
      for (const turn of waiting) turn.reject(new SluiceError('SERVER_STOPPING'))
    },
  }
}
