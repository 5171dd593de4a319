import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { SluiceError } from '@sluice/core'
import type { Driver } from './driver.ts'
import type { EventStore } from './event-store.ts'
import { migrations } from './migrations/migrations.ts'
import { databaseStatus } from './queries/care/database-status.ts'
import { deleteHistory } from './queries/care/delete-history.ts'
import { emitEvents } from './queries/events/emit-events.ts'
import { listEvents } from './queries/events/list-events.ts'
import { lastEventPosition, readEvents } from './queries/events/read-events.ts'
import { readTreeChanges } from './queries/events/read-tree-changes.ts'
import { countRuns } from './queries/search/count-runs.ts'
import { searchRuns } from './queries/search/search-runs.ts'

/** Streams, filtered lists, wake-ups, and the care of the database. */
export function eventMethods(driver: Driver): EventStore {
  return {
    emitEvents: (events) => driver.run(() => emitEvents(events)),
    readEvents: (query) => driver.run(() => readEvents(query)),
    lastEventPosition: () => driver.run(lastEventPosition),
    listEvents: (query) => driver.run(() => listEvents(query)),
    readTreeChanges: (query) => driver.run(() => readTreeChanges(query)),
    searchRuns: (search) => driver.run(() => searchRuns(search)),
    countRuns: (filter, cap) => driver.run(() => countRuns(filter, cap)),
    signals: driver.signals,
    ...careMethods(driver),
  }
}

function careMethods(driver: Driver): Pick<EventStore, 'databaseStatus' | 'backupTo' | 'vacuum' | 'deleteHistory'> {
  return {
    databaseStatus: async () => {
      const { schema, bytes, rows } = await driver.run(databaseStatus)
      const { dialect: kind, location } = driver
      return { kind, location, schema: { version: schema.version, known: migrations.length }, bytes, rows }
    },
    backupTo: async (file) => {
      const path = resolve(file)
      if (existsSync(path))
        throw new SluiceError('OPTION_INVALID', { option: 'file', problem: `${path} exists already` })
      await driver.backupTo(path)
    },
    vacuum: () => driver.vacuum(),
    deleteHistory: (sweep) => driver.run(() => deleteHistory(sweep)),
  }
}
