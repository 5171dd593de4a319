import { errorText } from './error-text.ts'
import type { LakeCatalog, LakeCommit } from '../catalog/lake-catalog.ts'
import type { OpenLake } from '../table/lake.ts'

/** What looks after the tables of a lake while it is written. */
export interface Background {
  /** The catalogue as loads have it: what they commit is noticed. */
  readonly catalog: LakeCatalog
  /** Resolves when nothing is under way. */
  readonly settled: () => Promise<void>
}

export interface BackgroundOptions {
  /** What is done for one table; loaded by the first that is due. */
  readonly tend: (lake: OpenLake, table: string) => Promise<void>
  /** Hears of what went wrong: a load never does. */
  readonly tell: (problem: string) => void
}

/** A table is looked after so often by one process at most, in milliseconds. */
const intervalMs = 3_600_000

/** Looks after each table that gets a new version, once an hour at most, one table at a time, beside what the process does. */
export function tendInBackground(lake: OpenLake, { tend, tell }: BackgroundOptions): Background {
  const last = new Map<string, number>()
  let underWay = Promise.resolve()
  const notice = ({ tables }: LakeCommit): void => {
    const now = lake.platform.now()
    for (const { name, append, updates } of tables) {
      const isNew = append !== undefined || updates.some(({ action }) => action === 'add-snapshot')
      if (!isNew || now - (last.get(name) ?? -Infinity) < intervalMs) continue
      last.set(name, now)
      underWay = underWay
        .then(() => tend(lake, name))
        .catch((error: unknown) => tell(`The upkeep of the table ${name} failed: ${errorText(error)}`))
    }
  }
  return { catalog: noticing(lake.catalog, notice), settled: () => underWay }
}

/** The same catalogue; `committed` hears of what was committed. */
function noticing(catalog: LakeCatalog, committed: (commit: LakeCommit) => void): LakeCatalog {
  return new Proxy(catalog, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const method = member.bind(target) as (...args: readonly unknown[]) => unknown
      if (name !== 'commit') return method
      return async (commit: LakeCommit) => {
        const receipt = await target.commit(commit)
        committed(commit)
        return receipt
      }
    },
  })
}
