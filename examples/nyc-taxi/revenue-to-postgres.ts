import type { Revenue } from './lake.ts'
import { sharedDatabase } from './warehouse.ts'

const columns = ['month', 'borough', 'trips', 'revenue'] as const

/** The revenue as the table `revenue` of the warehouse: new rows and old ones change places in one transaction. */
export async function revenueToPostgres(rows: AsyncIterable<Revenue>, signal: AbortSignal): Promise<number> {
  return sharedDatabase().transaction(
    async (tx) => {
      await tx.execute(
        'create table if not exists revenue (month text, borough text, trips bigint, revenue double precision)',
      )
      await tx.execute('delete from revenue')
      return (await tx.copyFrom({ table: 'revenue', columns, source: recordsOf(rows) })).rows
    },
    { signal },
  )
}

async function* recordsOf(rows: AsyncIterable<Revenue>): AsyncGenerator<readonly (string | number)[]> {
  for await (const row of rows) yield columns.map((column) => row[column])
}
