import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach } from 'vitest'
import { FakeServer } from './fake-server.fixture.ts'
import { startWorker, type Worker, type WorkerOptions } from './start-worker.ts'

const sluice = path.resolve(import.meta.dirname, '../../sluice/src/index.ts')
const cleanUps: (() => Promise<void> | void)[] = []

/** Call once per test file: workers stop, servers close, directories go. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    for (const clean of cleanUps.splice(0).toReversed()) await clean()
  })
}

/** A project with these files. `sluice` in their imports is this workspace's. */
export function makeProject(files: Readonly<Record<string, string>> = { 'flows.ts': flows }): string {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'sluice-worker-')))
  cleanUps.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  // Its own home, whatever lies above it.
  mkdirSync(path.join(dir, '.sluice'))
  // A new home has compiled nothing: its processes would compile all of Sluice for themselves, a second of CPU each.
  const compiled = process.env['NODE_COMPILE_CACHE']
  if (compiled !== undefined) symlinkSync(compiled, path.join(dir, '.sluice/compile-cache'))
  for (const [name, text] of Object.entries(files)) writeSource(dir, name, text)
  return dir
}

export function writeSource(dir: string, name: string, text: string): void {
  mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
  writeFileSync(path.join(dir, name), text.replaceAll("from 'sluice'", `from '${sluice}'`))
}

export async function startFakeServer(): Promise<FakeServer> {
  const server = await FakeServer.start()
  cleanUps.push(() => server[Symbol.asyncDispose]())
  return server
}

export interface TestWorker extends Worker {
  readonly lines: readonly string[]
}

export function startTestWorker(
  server: Pick<FakeServer, 'url'>,
  project: string,
  options: Partial<WorkerOptions> = {},
): TestWorker {
  const lines: string[] = []
  const worker = startWorker({
    url: server.url,
    token: 'worker-token',
    pool: 'default',
    project,
    log: (level, message) => lines.push(`${level}: ${message}`),
    ...options,
  })
  cleanUps.push(() => worker.stop({ now: true }))
  return {
    lines,
    name: worker.name,
    ended: worker.ended,
    get incarnation() {
      return worker.incarnation
    },
    get executing() {
      return worker.executing
    },
    stop: (how) => worker.stop(how),
  }
}

/** What flows wrote with `note`, one entry a line. */
export function notes(project: string): readonly string[] {
  const file = path.join(project, 'notes')
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
}

/** Lets flows pass `gate(name)`. */
export function open(project: string, gate: string): void {
  writeFileSync(path.join(project, `open-${gate}`), '')
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie only waits for its parent to look.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z'
  } catch {
    return false
  }
}

export const flows = `
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { flow, run, task } from 'sluice'

const note = (text) => appendFileSync('notes', text + '\\n')
const gate = async (name) => {
  while (!existsSync('open-' + name)) await new Promise((resolve) => setTimeout(resolve, 10))
}
const step = task({ name: 'step' }, async (name: string) => {
  note(name)
  return name
})
const waiting = task({ name: 'waiting' }, async (name: string) => {
  note('before ' + name)
  await gate(name)
  note('after ' + name)
  return name
})

export const quick = flow({ name: 'quick' }, async () => {
  console.log('printed by quick')
  return [await step('quick'), process.pid]
})
export const gated = flow({ name: 'gated' }, async () => {
  note('pid ' + process.pid)
  await step('first')
  await waiting('gate')
  return await step('last')
})
export const environment = flow({ name: 'environment' }, async () => ({ ...process.env }))
export const fails = flow({ name: 'fails' }, async () => {
  throw new Error('as it was told')
})
export const exits = flow({ name: 'exits' }, async () => {
  await step('once')
  if (existsSync('open-exit')) return 'survived'
  console.error('about to leave')
  process.exit(3)
})
export const grandchild = flow({ name: 'grandchild' }, async () => {
  const child = spawn('sleep', ['1000'])
  note('grandchild ' + child.pid)
  note('pid ' + process.pid)
  await gate('grandchild')
})
export const hungry = flow({ name: 'hungry' }, async () => {
  const eaten = []
  for (;;) eaten.push(new Array(100000).fill(String(Math.random())))
})
export const buffers = flow({ name: 'buffers' }, async () => {
  const kept = Array.from({ length: 40 }, () => Buffer.alloc(10_000_000, 1))
  await gate('never')
  return kept.length
})
export const leaky = flow({ name: 'leaky' }, async () => {
  setInterval(() => undefined, 1000)
  return process.pid
})
export const stubborn = flow({ name: 'stubborn' }, async () => {
  note('stubborn ' + process.pid)
  for (;;) ;
})
export const blocks = flow({ name: 'blocks' }, async () => {
  note('blocking')
  const until = Date.now() + 2500
  while (Date.now() < until) ;
  await step('unblocked')
})
export const tidy = flow({ name: 'tidy' }, async () => {
  try {
    await waiting('never')
  } finally {
    await run.shield(() => note('tidied'))
  }
})
export const chatty = flow({ name: 'chatty' }, async () => {
  for (let i = 0; i < 100_000; i++) run.log.info('line ' + i)
})
export const starts = flow({ name: 'starts' }, async () => {
  await waiting('lease')
  await step('after the lease')
})
`
