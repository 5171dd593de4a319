import { findHomeDir } from '@sluice/api/node'
import { SluiceError } from '@sluice/core'
import { sibling } from '@sluice/engine'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { childEnvironment } from '../launch/child-environment.ts'
import { LastLines } from '../launch/last-lines.ts'
import { makeHome } from '../make-home.ts'
import { systemPlatform, thisMachine, type WorkerPlatform } from '../platform.ts'
import type { Discovered, DiscoveryMessage, DiscoveryOrder } from './discovered.ts'

export interface DiscoverOptions {
  readonly project: string
  /** Globs or files. Left out: what `sluice.config.ts` names, else `flows/**` and `*.flow.ts`. */
  readonly files?: readonly string[]
  /** The `.sluice` directory, for the compile cache. Default: in the project. */
  readonly home?: string
  /** How long importing everything may take. Default 30 s. */
  readonly timeoutMs?: number
  readonly platform?: WorkerPlatform
}

/**
 * What a project has. Its code is imported by a process of its own, which ends afterwards: whatever it does when it is imported, it does not
 * do here. Never rejects for what is wrong with the project: that is in `problems`.
 */
export async function discover(options: DiscoverOptions): Promise<Discovered> {
  const { timeoutMs = 30_000, platform = systemPlatform } = options
  if (!existsSync(options.project)) throw new SluiceError('FILE_NOT_FOUND', { file: options.project })
  const project = realpathSync(options.project)
  const home = options.home ?? findHomeDir(project, thisMachine.env)
  makeHome(home)
  const child = start(project, home)
  const cancel = platform.after(timeoutMs, () => kill(child))
  try {
    return await answerOf(child, { project, files: options.files }, timeoutMs)
  } finally {
    cancel()
    kill(child)
  }
}

function start(project: string, home: string): ChildProcess {
  const { file, nodeArgs } = sibling('main', import.meta.url)
  return spawn(process.execPath, [...nodeArgs, file], {
    cwd: project,
    env: childEnvironment({ own: thisMachine.env, compileCache: path.join(home, 'compile-cache') }),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

function answerOf(child: ChildProcess, order: DiscoveryOrder, timeoutMs: number): Promise<Discovered> {
  return new Promise((resolve, reject) => {
    const output = new LastLines()
    let importing = '.'
    for (const from of ['stdout', 'stderr'] as const)
      child[from]?.setEncoding('utf8').on('data', (chunk: string) => void output.add(from, chunk))
    child.on('message', (message) => {
      const told = message as DiscoveryMessage
      if (told.kind === 'importing') importing = told.file
      else resolve(told.found)
    })
    child.once('error', reject)
    // After its output, so that there is something to say.
    child.once('close', (code, signal) => {
      const how =
        signal === 'SIGKILL'
          ? `importing it took longer than ${timeoutMs / 1000} s`
          : `importing it ended the process with exit code ${code ?? 'unknown'}`
      const said = output.last.length === 0 ? '' : `\n${output.last.join('\n')}`
      const problem = { file: importing, line: null, code: 'IMPORT_FAILED', message: `${how}${said}` }
      resolve({ flows: [], deployments: [], problems: [problem] })
    })
    child.send(order)
  })
}

function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
