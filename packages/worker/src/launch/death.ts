import type { Exit } from './launcher.ts'
import type { ProcessKill } from './run-process.ts'

export interface Death {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Why the worker killed it, when it did. */
  readonly killed: ProcessKill | undefined
  /** Its engine was loaded. */
  readonly ready: boolean
  readonly lastLines: readonly string[]
}

const heapIsFull = /heap out of memory|Allocation failed|Array buffer allocation failed/

const told: Readonly<Record<ProcessKill, string>> = {
  timedOut: 'Its process was ended: it took longer than its time limit.',
  outOfMemory: 'Its process ran out of memory and was ended.',
  cancelled: 'Its process was ended: it was cancelled and did not stop by itself.',
  drained: 'Its worker stops: it goes on elsewhere.',
  lost: 'Its process was ended: the run belongs to another worker.',
  disowned: 'Its process was ended: the server does not accept this worker any more.',
}

/** How the death of a process is told to people and to the server. */
export function deathOf(death: Death): Exit {
  const { code, signal, lastLines } = death
  const reason = death.killed ?? reasonOf(death)
  return {
    kind: 'died',
    reason,
    message: reason === 'crashed' ? messageOf(death) : told[reason],
    lastLines,
    ...(code !== null && { exitCode: code }),
    ...(signal !== null && { signal }),
  }
}

function reasonOf({ code, lastLines }: Death): 'outOfMemory' | 'crashed' {
  return code !== 0 && lastLines.some((line) => heapIsFull.test(line)) ? 'outOfMemory' : 'crashed'
}

function messageOf({ code, signal, ready }: Death): string {
  const how = signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was killed by ${signal}`
  const perhaps = signal === 'SIGKILL' ? ' (perhaps by the system, for lack of memory)' : ''
  const when = ready ? 'before the run had ended' : 'before it could load the run'
  return `Its process ${how}${perhaps} ${when}.`
}
