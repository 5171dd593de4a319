import { appendFileSync, readFileSync } from 'node:fs'
import { ambient } from '../../packages/engine/src/scope/ambient.ts'
import { chaosHook, type LedgerEvent, type LedgerLine } from '../ledger.ts'

/** What one "machine" (a worker with its children, or a server) gets by `NODE_OPTIONS=--import`. */
export interface Preload {
  readonly ledger: string
  /** A file with the milliseconds by which the wall clock of this machine is wrong. */
  readonly clock: string
  readonly machine: string
}

const reads = 50

/**
 * Puts the wall clock of this machine wrong, as a step of the system's clock would: `Date` follows at once, the origin of
 * `performance` only in processes that start later, and monotonic clocks never. And gives flows a ledger to write to.
 */
export function install({ ledger, clock, machine }: Preload): void {
  stepClocks(clock)
  const append = (event: LedgerEvent, task: string, note?: string): void => {
    const frame = ambient()?.frame
    if (!frame) return
    const { runId, root, attempt } = frame.facts
    const line: LedgerLine = {
      t: microseconds(),
      event,
      task,
      root: root.id,
      run: runId,
      key: frame.facts.scope,
      attempt,
      epoch: root.record.epoch,
      pid: process.pid,
      machine,
      ...(note !== undefined && { note }),
    }
    // Short enough for one write: with O_APPEND lines of several processes do not mix.
    appendFileSync(ledger, `${JSON.stringify(line)}\n`)
  }
  Object.assign(globalThis, { [chaosHook]: append })
}

/** Of CLOCK_MONOTONIC: the same in every process of the machine, and never stepped. */
export const microseconds = (): number => Number(process.hrtime.bigint() / 1000n)

function stepClocks(file: string): void {
  const RealDate = Date
  const realNow = RealDate.now
  const origin = performance.timeOrigin
  let offset = read(file)
  let readAt = performance.now()
  const wrong = (): number => {
    const at = performance.now()
    if (at - readAt > reads) {
      offset = read(file)
      readAt = at
    }
    return offset
  }
  const now = (): number => realNow() + wrong()
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new Date(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  })
  Object.defineProperty(performance, 'timeOrigin', { value: origin + offset, configurable: true })
}

function read(file: string): number {
  try {
    const offset = Number(readFileSync(file, 'utf8'))
    return Number.isFinite(offset) ? offset : 0
  } catch {
    return 0
  }
}
