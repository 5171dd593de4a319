import { endpoints, type JournalVerdict } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import type { JournalBatch } from '@sluice/store'
import type { Caller } from '../auth/caller.ts'
import { type Handlers, ok } from '../endpoint-handler.ts'
import { problemOf } from '../problems.ts'
import type { HandlerContext } from './handler-context.ts'
import { ownerOf } from './run-owner.ts'

/** The journals of runs: one batch, or the batches of several runs at once. */
export function journalHandlers({
  services: { engine },
  authenticate,
  log,
}: HandlerContext): Handlers<'appendJournal' | 'appendJournals'> {
  const append = async (caller: Caller, batch: JournalBatch): Promise<{ readonly cancelling: boolean }> => {
    const { rootId, epoch } = ownerOf(caller)
    if (batch.rootId !== rootId || batch.epoch !== epoch) throw new SluiceError('RUN_FENCED', { run: rootId, epoch })
    // The fence is the root run's: it guards no row of another.
    if (batch.entries.some((entry) => 'row' in entry && entry.row.rootId !== rootId))
      throw new SluiceError('REQUEST_INVALID', { problem: 'an entry belongs to another run' })
    const { cancelling } = await engine.appendJournal(batch)
    return { cancelling }
  }
  const verdictOn = async (token: string, batch: JournalBatch): Promise<JournalVerdict> => {
    try {
      return await append(await authenticate(`Bearer ${token}`), batch)
    } catch (error) {
      return { problem: problemOf(log, { method, path }, error) as Refusal }
    }
  }
  return {
    appendJournal: async ({ body, caller }) => ok(await append(caller, body)),
    // All at once: the store commits together what comes together.
    appendJournals: async ({ body: { batches } }) =>
      ok({ verdicts: await Promise.all(batches.map(({ token, batch }) => verdictOn(token, batch))) }),
  }
}

const { method, path } = endpoints.appendJournals

type Refusal = Extract<JournalVerdict, { readonly problem: unknown }>['problem']
