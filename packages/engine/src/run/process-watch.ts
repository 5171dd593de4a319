import { isSluiceError, SluiceError } from '@sluice/core'
import { inspect } from 'node:util'
import { ambient } from '../scope/ambient.ts'
import type { Frame } from '../scope/frame.ts'
import { nextTurn, systemPlatform } from '../platform.ts'
import type { RootRun } from './root-run.ts'

const active = new Set<RootRun>()
let interrupted: NodeJS.Signals | undefined
let listening = false

/**
 * While a root run is active in this process: Ctrl-C (or SIGTERM) cancels it and lets it record that, a second one kills; and an
 * unhandled rejection in a run's context fails that run, not the process. Without `signals` they are somebody else's: a worker's.
 */
export function watchProcess(root: RootRun, { signals }: { readonly signals: boolean }): Disposable {
  if (signals && active.size === 0) {
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  }
  if (!listening) process.on('unhandledRejection', onUnhandledRejection)
  listening = true
  active.add(root)
  return {
    [Symbol.dispose]: () => {
      active.delete(root)
      if (active.size > 0) return
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      // One turn later: the last rejections of the run are still on their way.
      nextTurn(() => {
        if (active.size > 0) return
        process.off('unhandledRejection', onUnhandledRejection)
        listening = false
      })
      if (interrupted) endBySignal(interrupted)
    },
  }
}

function onSignal(signal: NodeJS.Signals): void {
  if (interrupted) process.kill(process.pid, 'SIGKILL')
  interrupted = signal
  const problem = signal === 'SIGINT' ? 'Ctrl-C' : signal
  for (const root of active) root.cancel(new SluiceError('RUN_CANCELLED', { run: root.id, problem }))
}

/** The states are recorded; now the process ends the way the signal asked for, after the script had a moment to react. */
function endBySignal(signal: NodeJS.Signals): void {
  const end = (): boolean => process.kill(process.pid, signal)
  systemPlatform.after(50, end)
  process.once('uncaughtException', (error) => {
    // A script that lets the cancellation through is no news.
    if (!isSluiceError(error, 'RUN_CANCELLED')) process.stderr.write(`${inspect(error)}\n`)
    end()
  })
}

function onUnhandledRejection(reason: unknown): void {
  const here = ambient()
  if (!here) {
    // Not ours: what Node does without a listener.
    if (process.listenerCount('unhandledRejection') === 1)
      nextTurn(() => {
        throw reason
      })
    return
  }
  const { root } = here.frame.facts
  root.telling.log(
    50,
    `unhandled rejection: ${reason instanceof Error ? reason.message : String(reason)}`,
    null,
    here.frame.source,
  )
  stillOpen(here.frame)?.noteStray(reason)
}

/** A stray error of an attempt that is over belongs to what called it. */
function stillOpen(frame: Frame): Frame | undefined {
  let at: Frame | undefined = frame
  while (at && at.phase === 'closed') at = at.facts.parent
  return at
}
