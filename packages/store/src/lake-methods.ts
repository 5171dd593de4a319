import { SluiceError } from '@sluice/core'
import type { Driver } from './driver.ts'
import type { LakeStore, LakeTransaction } from './lake-store.ts'
import { areIds, emptyPage, isId } from './paging.ts'
import { commitLake } from './queries/lake/commit-lake.ts'
import { recordDeeds, recordLineage } from './queries/lake/enter-lineage.ts'
import { findLakeCommits } from './queries/lake/find-lake-commits.ts'
import { listLakeAudit } from './queries/lake/lake-audit.ts'
import { listLakeChecks, recordLakeChecks } from './queries/lake/lake-checks.ts'
import {
  getLakeIncident,
  listLakeIncidents,
  openLakeIncident,
  resolveLakeIncident,
} from './queries/lake/lake-incidents.ts'
import { listLakeLineage, listLakeRefs, listLakeSnapshots } from './queries/lake/lake-history.ts'
import { getLakeLoad, listLakeLoads, loadedLakeFiles } from './queries/lake/lake-loads.ts'
import { dropLakeTable, findLakeTable, getLakeTable, listLakeTables } from './queries/lake/lake-tables.ts'
import { holdLakeTicket, releaseLakeTicket } from './queries/lake/lake-tickets.ts'
import { deleteLakeView, findLakeView, listLakeViews, putLakeView } from './queries/lake/lake-views.ts'
import { searchLake } from './queries/lake/search-lake.ts'
import { traceLineage } from './queries/lake/trace-lineage.ts'
import { defaultWorkspace } from './store.ts'

/** {@link LakeStore} over either driver. */
export function lakeMethods(driver: Driver): LakeStore {
  return {
    commitLake: async (transaction) => {
      requireIds(transaction)
      const result = await driver.transact(() => commitLake(defaultWorkspace, transaction))
      // The words of servers for "there are new events", and "look at what waits": they need not wait for their next poll.
      if (transaction.commits.some(({ updates = [] }) => updates.length > 0)) driver.signals.send(['events', 'waits'])
      return result
    },
    holdLakeTicket: (hold) => driver.transact(() => holdLakeTicket(defaultWorkspace, hold)),
    releaseLakeTicket: (table, holder) => driver.run(() => releaseLakeTicket(defaultWorkspace, table, holder)),
    findLakeCommits: async (ids) => (ids.length === 0 ? [] : driver.run(() => findLakeCommits(ids))),
    ...tableMethods(driver),
    ...historyMethods(driver),
    ...findingMethods(driver),
    ...lineageMethods(driver),
    ...searchMethods(driver),
  }
}

type TableMethods = Pick<LakeStore, 'findLakeTable' | 'getLakeTable' | 'listLakeTables' | 'dropLakeTable'>

function tableMethods(driver: Driver): TableMethods {
  return {
    findLakeTable: (name) => driver.run(() => findLakeTable(defaultWorkspace, name)),
    getLakeTable: async (id) => (isId(id) ? driver.run(() => getLakeTable(id)) : undefined),
    listLakeTables: (query) => driver.run(() => listLakeTables(defaultWorkspace, query)),
    dropLakeTable: async (id, version) => isId(id) && driver.run(() => dropLakeTable(id, version)),
  }
}

type HistoryMethods = Pick<
  LakeStore,
  'listLakeSnapshots' | 'listLakeRefs' | 'getLakeLoad' | 'listLakeLoads' | 'loadedLakeFiles' | 'listLakeLineage'
>

function historyMethods(driver: Driver): HistoryMethods {
  return {
    listLakeSnapshots: async (id, query) => (isId(id) ? driver.run(() => listLakeSnapshots(id, query)) : emptyPage),
    listLakeRefs: async (id) => (isId(id) ? driver.run(() => listLakeRefs(id)) : []),
    getLakeLoad: async (id, loadId) => (isId(id) ? driver.run(() => getLakeLoad(id, loadId)) : undefined),
    listLakeLoads: async (id, query) => (isId(id) ? driver.run(() => listLakeLoads(id, query)) : emptyPage),
    loadedLakeFiles: async (id, branch, identities) =>
      isId(id) && identities.length > 0 ? driver.run(() => loadedLakeFiles(id, branch, identities)) : [],
    listLakeLineage: async (query) =>
      query.rootId === undefined || isId(query.rootId)
        ? driver.run(() => listLakeLineage(defaultWorkspace, query))
        : emptyPage,
  }
}

type SearchMethods = Pick<LakeStore, 'searchLake' | 'findLakeView' | 'listLakeViews' | 'putLakeView' | 'deleteLakeView'>

function searchMethods(driver: Driver): SearchMethods {
  return {
    searchLake: (search) => driver.run(() => searchLake(defaultWorkspace, search)),
    findLakeView: (name) => driver.run(() => findLakeView(defaultWorkspace, name)),
    listLakeViews: (prefix = '') => driver.run(() => listLakeViews(defaultWorkspace, prefix)),
    putLakeView: (view) => driver.run(() => putLakeView(defaultWorkspace, view)),
    deleteLakeView: (name) => driver.run(() => deleteLakeView(defaultWorkspace, name)),
  }
}

type LineageMethods = 'recordLakeLineage' | 'traceLakeLineage' | 'recordLakeDeeds' | 'listLakeAudit'

function lineageMethods(driver: Driver): Pick<LakeStore, LineageMethods> {
  return {
    recordLakeLineage: async (entries) => {
      const known = entries.filter(({ rootId, taskRunId }) => areIds(rootId ?? undefined, taskRunId ?? undefined))
      await driver.run(() => recordLineage(defaultWorkspace, known))
    },
    recordLakeDeeds: async (deeds) => {
      const known = deeds.filter(({ rootId, taskRunId }) => areIds(rootId ?? undefined, taskRunId ?? undefined))
      await driver.run(() => recordDeeds(defaultWorkspace, known))
    },
    listLakeAudit: (query) => driver.run(() => listLakeAudit(defaultWorkspace, query)),
    traceLakeLineage: (dataset, direction) => driver.run(() => traceLineage(defaultWorkspace, dataset, direction)),
  }
}

type FindingMethods = Pick<
  LakeStore,
  | 'recordLakeChecks'
  | 'listLakeChecks'
  | 'openLakeIncident'
  | 'getLakeIncident'
  | 'listLakeIncidents'
  | 'resolveLakeIncident'
>

/** What checks said, and what went wrong. */
function findingMethods(driver: Driver): FindingMethods {
  return {
    recordLakeChecks: (checks, rootId, at) => driver.transact(() => recordLakeChecks(checks, rootId, at)),
    listLakeChecks: async (id, query) => (isId(id) ? driver.run(() => listLakeChecks(id, query)) : emptyPage),
    openLakeIncident: async (incident, rootId) => {
      const opened = await driver.transact(() => openLakeIncident(defaultWorkspace, incident, rootId))
      if (opened === undefined) throw new SluiceError('STORE_CORRUPT', { reason: 'an incident is gone' })
      return opened
    },
    getLakeIncident: async (id) => (isId(id) ? driver.run(() => getLakeIncident(defaultWorkspace, id)) : undefined),
    listLakeIncidents: (query) => driver.run(() => listLakeIncidents(defaultWorkspace, query)),
    resolveLakeIncident: async (id, end) =>
      isId(id) ? driver.transact(() => resolveLakeIncident(defaultWorkspace, id, end)) : undefined,
  }
}

/** A run whose id is none belongs to nobody. */
function requireIds({ commits }: LakeTransaction): void {
  for (const { id, run } of commits) {
    if (run === null || (isId(run.rootId) && (run.taskRunId === null || isId(run.taskRunId)))) continue
    throw new SluiceError('RUN_FENCED', { run: run.rootId, commit: id })
  }
}
