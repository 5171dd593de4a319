import { run, task } from 'sluice'
import { chooseSource, type MonthOfTrips } from './source.ts'

/** A task, so that a run stays with its source when it is resumed, whatever the network does meanwhile. */
export const choose = task({ name: 'choose-source' }, async (source: string, month: MonthOfTrips) => {
  const chosen = await chooseSource(source, month, run.signal)
  if (chosen.why !== undefined) run.log.warn(chosen.why)
  return chosen.source
})
