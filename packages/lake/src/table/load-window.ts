import { SluiceError } from '@sluice/core'
import { type AttemptContext, run } from '@sluice/engine'
import type { Cursor } from '../ingest/cursor/cursor.ts'

/** A cursor whose window is a span: that of the run, where it is to be its interval. Throws `OPTION_INVALID` where there is none. */
export function withWindow(cursor: Cursor, context: AttemptContext | undefined): Cursor {
  if (cursor.window !== 'interval') return cursor
  const interval = context && run.interval
  if (interval === undefined)
    throw new SluiceError('OPTION_INVALID', {
      option: 'cursor.window',
      problem: 'this run has no data interval: runs of schedules and backfills have one; else say { start, end }',
    })
  return { ...cursor, window: interval }
}

/** The same span is the same load, whichever run asks for it. */
export function windowLoadId({ column, name, window }: Cursor): string | undefined {
  if (typeof window !== 'object') return undefined
  const [start, end] = [window.start, window.end].map((value) =>
    value instanceof Date ? value.toISOString() : String(value),
  )
  return `window:${name ?? column}:${start}/${end}`
}
