import type { Client } from '@sluice/api/client'
import { createClient } from '@sluice/api/node'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryDirectory } from './bench-home.ts'

/** A worker of a system: how it runs what it claims. */
export interface BenchWorker {
  readonly mode: 'process' | 'inline'
  readonly limit?: number
  /** Runs of one process. Default: that of workers. */
  readonly reuse?: number
}

export interface SystemOptions {
  /** SQLite when left out. */
  readonly databaseUrl?: string
  readonly workers: readonly BenchWorker[]
}

/** A server and its workers, in processes of their own; this process is their client. */
export interface System extends AsyncDisposable {
  readonly client: Client
  readonly server: number
  readonly workers: readonly number[]
  readonly directory: string
}

const project = path.join(import.meta.dirname, 'flows')

export async function startSystem({ databaseUrl, workers }: SystemOptions): Promise<System> {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(await temporaryDirectory()).path
  const home = path.join(directory, '.sluice')
  mkdirSync(home, { recursive: true })
  const server = start('serve.ts', { home, port: 0, ...(databaseUrl === undefined ? {} : { databaseUrl }) })
  stack.defer(() => end(server))
  const url = await firstMessage(server)
  const token = readFileSync(path.join(home, 'token'), 'utf8').trim()
  const client = stack.use(createClient({ url, token }))
  const pids: number[] = []
  for (const [index, worker] of workers.entries()) {
    const child = start('work.ts', { url, token, pool: 'default', name: `w${index}`, project, home, ...worker })
    stack.defer(() => end(child))
    pids.push(child.pid ?? 0)
  }
  while ((await client.listWorkers({ query: { status: 'online' } })).items.length < workers.length) await delay(20)
  const owned = stack.move()
  return {
    client,
    server: server.pid ?? 0,
    workers: pids,
    directory,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function start(script: string, options: unknown): ChildProcess {
  const file = path.join(import.meta.dirname, 'scripts', script)
  return spawn(process.execPath, [file, JSON.stringify(options)], {
    env: { ...process.env, SLUICE_LOG: 'silent' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}

async function firstMessage(child: ChildProcess): Promise<string> {
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
  ])) as [string]
  return message
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(late)
}

/** A run of one of `flows/served.ts`. */
export async function trigger(client: Client, flow: string, parameters: Record<string, number> = {}): Promise<string> {
  const run = await client.createRun({ body: { entrypoint: `served.ts:${flow}`, flow, parameters } })
  return run.id
}

/** Polls until the run has ended; gives its result. Throws when it did not complete. */
export async function resultOf(client: Client, run: string, everyMs = 5): Promise<number> {
  for (;;) {
    const { state, result, error } = await client.getRun({ params: { run } })
    if (state.type === 'completed') return Number(result)
    if (state.type === 'failed' || state.type === 'crashed' || state.type === 'cancelled')
      throw new Error(`run ${run} is ${state.name}: ${error?.message}`)
    await delay(everyMs)
  }
}

/** Polls until nothing is alive any more. */
export async function allEnded(client: Client): Promise<void> {
  const state = ['scheduled', 'pending', 'running'] as const
  while ((await client.countRuns({ query: { state: [...state] } })).count > 0) await delay(20)
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Of the machine's monotonic clock, in µs: what flows in other processes give. */
export const monotonic = (): number => Number(process.hrtime.bigint() / 1_000n)
