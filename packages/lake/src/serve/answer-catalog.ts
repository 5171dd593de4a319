import { SluiceError } from '@sluice/core'
import type { CatalogStore } from '../catalog/embedded-catalog.ts'
import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import { leaseMs } from '../catalog/table-lease.ts'
import { catalogQuestions } from './asked-catalog.ts'

/** What the process beside the server asks of the catalogue, by name. Nothing else of it can be called. */
export function catalogAnswers(
  catalog: LakeCatalog,
  store: Pick<CatalogStore, 'holdLakeTicket' | 'releaseLakeTicket'>,
): (question: string, args: readonly unknown[]) => Promise<unknown> {
  const known: ReadonlySet<string> = new Set(catalogQuestions)
  const methods = catalog as unknown as Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>
  return async (question, args) => {
    if (question === 'holdTicket') {
      const [table, holder, drawn] = args as readonly [string, string, boolean]
      return store.holdLakeTicket({ table, holder, drawn, micros: leaseMs * 1000 })
    }
    if (question === 'leaveTicket') {
      const [table, holder] = args as readonly [string, string]
      return store.releaseLakeTicket(table, holder)
    }
    if (!known.has(question)) throw new SluiceError('INTERNAL', { problem: `the catalogue is not asked ${question}` })
    return methods[question]?.call(catalog, ...args)
  }
}
