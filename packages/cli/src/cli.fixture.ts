import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { main } from './main.ts'

const repository = path.resolve(import.meta.dirname, '../../..')
const bin = path.join(repository, 'packages/sluice/bin/sluice.js')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs: what it printed so far, and its end. */
export interface Started {
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
  /** Resolves when standard error holds this text. */
  said(text: string): Promise<void>
}

/** A user's project in a directory of its own, with flows that import `sluice`. */
export interface Project extends Disposable {
  readonly dir: string
  write(file: string, text: string): void
  /** Runs `sluice` in the project until it ends. */
  sluice(...args: readonly string[]): Promise<Ended>
  /** Runs a command in this process, as long as none of the user's code is in it: quick. */
  main(args: readonly string[], input?: string, env?: Readonly<Record<string, string>>): Promise<Ended>
  start(args: readonly string[], env?: Readonly<Record<string, string>>, input?: string): Started
}

/** The processes of its worker compile nothing that those of another test have compiled. */
export function shareCompileCache({ dir }: Project): void {
  const compiled = process.env['NODE_COMPILE_CACHE']
  if (compiled === undefined) return
  mkdirSync(path.join(dir, '.sluice'))
  symlinkSync(compiled, path.join(dir, '.sluice/compile-cache'))
}

export function createProject(files: Readonly<Record<string, string>> = {}): Project {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'))
  symlinkSync(path.join(repository, 'node_modules'), path.join(dir, 'node_modules'))
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true })
    writeFileSync(path.join(dir, file), text)
  }
  write('package.json', '{"type":"module"}')
  for (const [file, text] of Object.entries(files)) write(file, text)
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}, input = ''): Started =>
    startSluice(dir, args, env, input)
  return {
    dir,
    write,
    start,
    sluice: (...args) => start(args).ended,
    main: (args, input = '', env = {}) => runHere(dir, args, input, env),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

async function runHere(
  cwd: string,
  args: readonly string[],
  input: string,
  more: Readonly<Record<string, string>>,
): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  const code = await main(args, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: { NO_COLOR: '1', HOME: cwd, XDG_CONFIG_HOME: path.join(cwd, 'config'), ...more },
    cwd,
    now: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
    wait: async (ms) => void (await new Promise((resolve) => setTimeout(resolve, ms))),
    readInput: async () => input,
    askSecret: async () => undefined,
    onceStopped: async () => undefined,
  })
  return { code, signal: null, stdout, stderr }
}

function startSluice(
  cwd: string,
  args: readonly string[],
  extra: Readonly<Record<string, string>>,
  input: string,
): Started {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SLUICE_'))
  const env = {
    ...Object.fromEntries(inherited),
    NO_COLOR: '1',
    XDG_CONFIG_HOME: path.join(cwd, 'config'),
    ...extra,
  }
  const child = spawn(process.execPath, ['--conditions=source', bin, ...args], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // One that has ended takes no input.
  child.stdin.on('error', () => undefined).end(input)
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const listener of listeners) listener()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stderr.includes(text)) resolve()
      }
      listeners.add(look)
      look()
      void ended.then((end) => reject(new Error(`ended without saying '${text}': ${end.stderr}`)), reject)
    })
  return { ended, said, kill: (signal) => void child.kill(signal) }
}
