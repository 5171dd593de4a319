import { existsSync, readFileSync } from 'node:fs'

/** Where the preload puts the function that flows write with. */
export const chaosHook: unique symbol = Symbol.for('sluice.chaos.ledger') as never

/** `start` and `end` around a body, `hold` and `free` around what a limit guards. */
export type LedgerEvent = 'start' | 'end' | 'hold' | 'free'

/** One line that a body wrote: which call it was, who ran it, and when by the machine's monotonic clock, in µs. */
export interface LedgerLine {
  readonly t: number
  readonly event: LedgerEvent
  readonly task: string
  readonly root: string
  readonly run: string
  readonly key: string
  readonly attempt: number
  readonly epoch: number
  readonly pid: number
  readonly machine: string
  readonly note?: string
}

export type WriteLedger = (event: LedgerEvent, task: string, note?: string) => void

/** Writes into the ledger of this chaos run; nothing where there is none. */
export const record: WriteLedger = (event, task, note) => {
  const hook = (globalThis as { readonly [chaosHook]?: WriteLedger })[chaosHook]
  hook?.(event, task, note)
}

/** A last line that a killed process did not finish is left out. */
export function readLedger(file: string): readonly LedgerLine[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as LedgerLine]
      } catch {
        return []
      }
    })
}
