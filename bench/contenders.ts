import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ChildRun } from './fork-child.ts'
import type { ScriptRun } from './run-script.ts'

/** How the steps of a workload are called. */
export type Kind = 'sequential' | 'fanned-out'

/** An engine under the common workloads: which script runs what, on the database at `url`. */
export interface Contender {
  readonly name: string
  /** `rounds` times a flow of `count` steps that do nothing, after one to warm up. Reports {@link Rounds}. */
  tasks(url: string, kind: Kind, count: number, rounds: number): ChildRun
  /** A flow of `count` steps, then the process kills itself. */
  crash(place: Place, kind: Kind, count: number): ChildRun
  /** A new process goes on with it. Reports `{ wall }`, from opening the database to the end of the flow, in ms. */
  resume(place: Place, kind: Kind, count: number): ChildRun
  /** A whole process: one flow with one step. */
  oneStep(place: Place): ScriptRun
}

/** Where an engine may keep things between two processes. */
export interface Place {
  readonly url: string
  readonly directory: string
}

export const sluice: Contender = {
  name: 'Sluice',
  tasks: (url, kind, count, rounds) => ({
    script: 'peers/sluice.ts',
    args: ['tasks', kind, String(count), String(rounds)],
    env: { BENCH_DATABASE_URL: url },
  }),
  crash: (place, kind, count) => afterCrash('crash', place, kind, count),
  resume: (place, kind, count) => afterCrash('resume', place, kind, count),
  oneStep: (place) => ({ script: 'scripts/one-task.ts', env: sluiceHome(place) }),
}

export const dbos: Contender = {
  name: 'DBOS',
  tasks: (url, kind, count, rounds) => runDbos(url, ['tasks', kind, String(count), String(rounds)]),
  crash: ({ url }, kind, count) => runDbos(url, ['crash', kind, String(count)]),
  resume: ({ url }, kind, count) => runDbos(url, ['resume', kind, String(count)]),
  oneStep: ({ url }) => runDbos(url, ['one-step']),
}

/** Installs what the peers need, once, from their own lockfile and without install scripts. */
export function installPeers(): void {
  const directory = path.join(import.meta.dirname, 'peers')
  if (existsSync(path.join(directory, 'node_modules', '.package-lock.json'))) return
  const args = ['ci', '--prefix', directory, '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`npm ci in bench/peers ended with ${status}`)
}

function afterCrash(phase: string, place: Place, kind: Kind, count: number): ChildRun {
  return { script: 'scripts/crash-and-resume.ts', args: [phase, kind, String(count)], env: sluiceHome(place) }
}

const sluiceHome = ({ url, directory }: Place) => ({ SLUICE_HOME: directory, SLUICE_DATABASE_URL: url })

function runDbos(url: string, args: readonly string[]) {
  return { script: 'peers/dbos.ts', args, env: { BENCH_DATABASE_URL: url } }
}
