import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import type { CheckFinding } from '../catalog/findings.ts'
import { runChecks } from '../checks/run-checks.ts'
import { checksOf } from '../checks/stored-checks.ts'
import { ownerOf } from './commit-load.ts'
import type { OpenLake } from './lake.ts'
import { leaveStage, leaving } from './leave-stage.ts'
import { repeatedResult } from './load-result.ts'
import { publishLoad } from './publish-load.ts'
import { findView } from './read-rows.ts'
import { announceWrites } from '../upkeep/announced-writes.ts'
import { reopenedChange } from './reopen-rows.ts'
import { replayPrefix } from './replay-source.ts'
import { type AnyTableOptions, propertiesOf } from './table-properties.ts'
import type { LoadResult } from './types.ts'
import { findTable } from './write-target.ts'

/** So often the table may change while a load is dropped. */
const mostDrops = 20

export interface TableCheck {
  readonly lake: OpenLake
  readonly table: string
  /** What is said of the table here; its own properties else. */
  readonly tableOptions: AnyTableOptions
  readonly context: AttemptContext | undefined
}

/** Makes the checks of a table on what `main` holds, and keeps what they say. */
export async function checkTable({ lake, table, tableOptions, context }: TableCheck): Promise<readonly CheckFinding[]> {
  using _busy = context?.busy()
  const view = await findView(lake, table, undefined)
  const checks = checksOf({ ...view.metadata.properties, ...propertiesOf(table, tableOptions) })
  const findings = await runChecks({ lake, view, checks, loadId: null, signal: context?.signal })
  if (findings.length > 0) await lake.catalog.recordChecks(view.pointer.id, findings, context?.rootId)
  return findings
}

export interface LoadToSettle {
  readonly lake: OpenLake
  readonly table: string
  readonly loadId: string
  readonly context: AttemptContext | undefined
}

/** Publishes a load that waits; see `TableTrust.publish`. */
export async function publishTableLoad(load: LoadToSettle & { readonly force: boolean }): Promise<LoadResult> {
  const { lake, table, loadId } = load
  const found = await findTable(lake.catalog, table)
  const before = found && (await lake.catalog.load(found.pointer.id, loadId))
  if (before?.state === 'dropped') throw notFound(load, 'it was dropped')
  const entry = await publishLoad(load)
  return { ...repeatedResult(entry), repeated: before?.state === 'published' || before?.state === 'committed' }
}

/**
 * Gives up a load that waits: its branch goes, its incident is resolved, its files may be loaded again, and rows that it took from the
 * quarantine are open there again.
 */
export async function dropLoad(load: LoadToSettle): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await using writer = announceWrites(load.lake)
      return await tryDrop({ ...load, lake: writer.lake })
    } catch (error) {
      // Somebody was quicker, at the table or at its quarantine.
      if (!isSluiceError(error, 'LAKE_COMMIT_CONFLICT') || tries === mostDrops) throw error
      await load.lake.platform.sleep(load.lake.platform.random() * 20 * tries)
    }
  }
}

async function tryDrop(load: LoadToSettle): Promise<void> {
  const { lake, table, loadId, context } = load
  const found = await findTable(lake.catalog, table)
  const entry = found && (await lake.catalog.load(found.pointer.id, loadId))
  if (!found || !entry) throw new SluiceError('LOAD_NOT_FOUND', { table, load: loadId })
  if (entry.state === 'dropped') return
  if (entry.state !== 'blocked' && entry.state !== 'staged') throw notFound(load, 'it is published')
  const leave = await leaveStage(lake, found, loadId)
  const reopened = loadId.startsWith(replayPrefix) ? await reopenedChange(lake, table, loadId) : undefined
  await context?.requireOwned()
  const uuid = { type: 'assert-table-uuid', uuid: found.metadata['table-uuid'] } as const
  const commit = lake.catalog.commit({
    id: lake.platform.newId(),
    ...(context && { owner: ownerOf(context) }),
    tables: [
      ...(reopened ? [reopened] : []),
      {
        name: table,
        requirements: [uuid, ...leave.requirements],
        updates: leave.updates,
        load: { ...entry, state: 'dropped' },
        resolved: { loadId, note: 'dropped' },
      },
    ],
  })
  await leaving(leave, commit)
}

function notFound({ table, loadId }: LoadToSettle, problem: string): SluiceError {
  return new SluiceError('LOAD_NOT_FOUND', { table, load: loadId, problem })
}
