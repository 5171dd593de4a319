import { openStore, type Store } from '@sluice/store'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach } from 'vitest'

const bin = path.resolve(import.meta.dirname, '../packages/sluice/bin/sluice.js')
const running = new Set<ChildProcess>()
const places: string[] = []

/** How a process ended and all that it printed. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A real process under test. */
export interface Child {
  readonly pid: number
  readonly ended: Promise<Ended>
  signal(name: NodeJS.Signals): void
  /** Resolves when its output (stdout and stderr) has the text so many times; rejects when it ends before. */
  said(text: string, times?: number): Promise<void>
}

/** A temporary project: its home, a file for effects, and the environment that points there. */
export interface Place {
  readonly dir: string
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** The store of the home, or of `databaseUrl`. */
  open(): Promise<Store>
}

/** Call once per test file: whatever a test leaves running or lying around goes away after it. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    const ends = [...running].map((child) => new Promise((resolve) => child.once('close', resolve)))
    for (const child of running) child.kill('SIGKILL')
    await Promise.all(ends)
    for (const dir of places.splice(0)) rmSync(dir, { recursive: true, force: true })
  })
}

export function makePlace(databaseUrl?: string): Place {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-e2e-'))
  places.push(dir)
  const home = path.join(dir, '.sluice')
  const env = {
    SLUICE_HOME: home,
    SLUICE_LOG: 'plain',
    NO_COLOR: '1',
    EFFECTS: path.join(dir, 'effects'),
    ...(databaseUrl !== undefined && { SLUICE_DATABASE_URL: databaseUrl }),
  }
  return { dir, home, env, open: () => openStore(databaseUrl ?? path.join(home, 'sluice.db')) }
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly nodeArgs?: readonly string[]
  /** A command that runs the process: `setpriv …`, `prlimit …`. */
  readonly prefix?: readonly string[]
}

/** `node e2e/scripts/<name>.ts` in a place. */
export function startScript(name: string, place: Place, options: SpawnOptions = {}): Child {
  const file = path.join(import.meta.dirname, 'scripts', `${name}.ts`)
  return start(place, [...(options.nodeArgs ?? []), file, ...(options.args ?? [])], options)
}

/** `sluice <args>` in a place. */
export function startSluice(args: readonly string[], place: Place, options: SpawnOptions = {}): Child {
  return start(place, [bin, ...args], options)
}

function start(place: Place, args: readonly string[], options: SpawnOptions): Child {
  const [command = '', ...rest] = [...(options.prefix ?? []), process.execPath, '--conditions=source', ...args]
  const { SLUICE_DATABASE_URL: _url, NODE_OPTIONS: _options, ...inherited } = process.env
  const child = spawn(command, rest, {
    cwd: place.dir,
    env: { ...inherited, ...place.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  return watch(child)
}

function watch(child: ChildProcess): Child {
  const text = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      running.delete(child)
      resolve({ code, signal, ...text })
    })
  })
  const said = (wanted: string, times = 1): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (text.stdout.split(wanted).length + text.stderr.split(wanted).length - 2 < times) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      ended.then(
        () =>
          reject(new Error(`it ended and had not said '${wanted}' ${times} times:\n${text.stdout}\n${text.stderr}`)),
        reject,
      )
      look()
    })
  return { pid: child.pid ?? 0, ended, signal: (name) => void child.kill(name), said }
}
