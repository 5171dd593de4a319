import { parseDuration } from '@sluice/core'
import { applyRetention } from '@sluice/engine'
import type { Context } from '../context.ts'
import { type Loop, startLoop } from '../loops/loop.ts'

const hourMs = 3_600_000
/** Between two batches, so that what people wait for goes first. */
const restMs = 200
const batch = 1_000

/** Deletes what has had its time, in bounded batches: ended runs with all that is theirs, events, stopped workers, idempotency keys. */
export function startRetentionLoop(context: Context): Loop {
  const { home, clock, log } = context
  const { retention, platform } = home.settings
  const turn = async (): Promise<number | void> => {
    if (retention === 'off') return
    const runs = await applyRetention(home)
    const eventsBefore = platform.now() - parseDuration(retention) * 1_000
    const rows = await home.store.deleteHistory({ eventsBefore, limit: batch })
    return runs > 0 || rows >= batch ? restMs : undefined
  }
  return startLoop({ name: 'retention', everyMs: hourMs, turn, clock, log })
}
