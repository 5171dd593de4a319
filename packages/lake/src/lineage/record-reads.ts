import type { AttemptContext } from '@sluice/engine'
import { endOfTurn } from '../platform.ts'
import type { DatasetVersion, LakeCatalog, LineageRecord } from '../catalog/lake-catalog.ts'

/** So many records are remembered as told. */
const remembered = 10_000

/** What is to be told to one catalogue, and what it was told. */
interface Recorder {
  readonly told: Map<string, Promise<void>>
  waiting: LineageRecord[]
  sending: Promise<void> | undefined
}

const recorders = new WeakMap<LakeCatalog, Recorder>()

/**
 * Records what a run reads, or who reads outside of runs. Of a run once for each task and version: told together with what is read in the same turn, while the rows are
 * being read. Resolves when it is there. A catalogue that does not answer fails no read.
 */
export function recordReads(
  catalog: LakeCatalog,
  context: Pick<AttemptContext, 'rootId' | 'taskRunId'> | undefined,
  reads: readonly DatasetVersion[],
): Promise<void> {
  if (reads.length === 0) return Promise.resolve()
  if (!context) return (catalog.recordLooks?.(reads) ?? Promise.resolve()).catch(() => undefined)
  const { rootId, taskRunId } = context
  const owner = { rootId, ...(taskRunId !== undefined && { taskRunId }) }
  const recorder = recorderOf(catalog)
  return Promise.all(reads.map((read) => recordOnce(catalog, recorder, { ...owner, direction: 'read', ...read }))).then(
    () => undefined,
  )
}

function recorderOf(catalog: LakeCatalog): Recorder {
  const known = recorders.get(catalog)
  if (known) return known
  const made: Recorder = { told: new Map(), waiting: [], sending: undefined }
  recorders.set(catalog, made)
  return made
}

function recordOnce(catalog: LakeCatalog, recorder: Recorder, record: LineageRecord): Promise<void> {
  const key = [record.rootId, record.taskRunId, record.dataset, record.snapshotId].join(' ')
  const known = recorder.told.get(key)
  if (known) return known
  recorder.waiting.push(record)
  const sent = (recorder.sending ??= send(catalog, recorder)).catch(() => {
    // The next read tells it.
    recorder.told.delete(key)
  })
  recorder.told.set(key, sent)
  const [oldest] = recorder.told.keys()
  if (recorder.told.size > remembered && oldest !== undefined) recorder.told.delete(oldest)
  return sent
}

async function send(catalog: LakeCatalog, recorder: Recorder): Promise<void> {
  await endOfTurn()
  const records = recorder.waiting
  recorder.waiting = []
  recorder.sending = undefined
  await catalog.recordLineage(records)
}
