import { isTerminal } from '@sluice/core'
import { type AnyFlow, continueRun, type EngineSettings, type OpenHome, startRun } from '@sluice/engine'
import { openStore, type Store } from '@sluice/store'
import { testHome } from '../test-home.ts'
import { type CrashPoint, CrashingStore } from './crashing-store.ts'

/** A flow to be killed at every write. */
export interface CrashScenario {
  readonly flow: AnyFlow
  readonly parameters?: unknown
  /** Called before each case: forget the effects of the last one. */
  readonly reset?: () => void
  /** Called after each case with how the run ended once it was resumed, and whether it had crashed before. */
  readonly check: (end: CrashEnd) => void | Promise<void>
  /** Default: a new SQLite database in memory per case. */
  readonly open?: () => Promise<Store>
  /** Of every process. */
  readonly settings?: Partial<EngineSettings>
  /** Also kill the resumed run at each of its writes, up to this many crashes in a row. Default 1. */
  readonly depth?: number
}

export interface CrashEnd {
  readonly points: readonly CrashPoint[]
  readonly outcome: PromiseSettledResult<unknown>
  readonly store: Store
  readonly runId: string
}

const modes = ['before', 'after'] as const

/**
 * Runs a flow once undisturbed, then once for every write and both modes with a crash there and a resume, and checks each end.
 * Returns the number of cases.
 */
export async function enumerateCrashes(
  scenario: CrashScenario,
): Promise<{ readonly cases: number; readonly writes: number }> {
  const undisturbed = await runCase(scenario, [])
  let cases = 1
  const descend = async (before: readonly CrashPoint[], writes: number): Promise<void> => {
    for (let at = 1; at <= writes; at++) {
      for (const mode of modes) {
        const points = [...before, { at, mode }]
        const last = await runCase(scenario, points)
        cases++
        if (points.length < (scenario.depth ?? 1)) await descend(points, last)
      }
    }
  }
  await descend([], undisturbed)
  return { cases, writes: undisturbed }
}

/** One case: crash at each point in turn, each in the process that resumes after the one before. Returns the last process's writes. */
async function runCase(scenario: CrashScenario, points: readonly CrashPoint[]): Promise<number> {
  scenario.reset?.()
  const store = await (scenario.open ?? (() => openStore(':memory:')))()
  const home = await testHome({ store, ...(scenario.settings && { settings: scenario.settings }) })
  try {
    const id = home.settings.platform.newId()
    let writes = 0
    for (const point of [...points, undefined]) {
      const crashing = new CrashingStore(store, point)
      const outcome = await goOn(scenario, { ...home, store: crashing.store }, store, id)
      writes = crashing.writes
      if (crashing.crashed) continue
      await scenario.check({ points, outcome, store, runId: id })
      break
    }
    return writes
  } finally {
    await home.close()
    await store.close()
  }
}

/** What a new process does: resume the run if the store has it, else start it. */
export async function goOn(
  scenario: Pick<CrashScenario, 'flow' | 'parameters'>,
  home: OpenHome,
  store: Store,
  id: string,
): Promise<PromiseSettledResult<unknown>> {
  const run = await store.getRun(id)
  if (!run) return startRun(scenario.flow, scenario.parameters, { home, id, reporter: silent }).settled()
  if (isTerminal(run.state.type)) return replayEnd(scenario, home, store, id)
  await killAll(home, store)
  const crashed = await store.getRun(id)
  if (!crashed) throw new Error('the run disappeared')
  return continueRun({ home, run: crashed, flow: scenario.flow, mode: 'resume', reporter: silent }).settled()
}

/** The process that died had runs that its flow had started, too. */
async function killAll(home: OpenHome, store: Store): Promise<void> {
  const at = home.settings.platform.now()
  for (const { id, epoch } of await store.listOwned())
    await store.markCrashed({ id, expectedEpoch: epoch, at, message: 'killed by the test' })
}

/** The run had ended before the process died: its recorded end is the end. */
async function replayEnd(
  scenario: Pick<CrashScenario, 'flow'>,
  home: OpenHome,
  store: Store,
  id: string,
): Promise<PromiseSettledResult<unknown>> {
  const run = await store.getRun(id)
  if (run?.state.type === 'completed')
    return { status: 'fulfilled', value: run.result && (await home.values.decode(run.result)) }
  if (run?.state.type !== 'crashed') return { status: 'rejected', reason: run?.error }
  return continueRun({ home, run, flow: scenario.flow, mode: 'resume', reporter: silent }).settled()
}

const silent = { event: () => undefined }
