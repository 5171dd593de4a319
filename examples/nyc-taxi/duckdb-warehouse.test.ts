import { describe } from 'vitest'
import { openDuckDb } from './duckdb.ts'
import { warehouseSuite } from './warehouse.testsuite.ts'

describe('the DuckDB warehouse', () => {
  warehouseSuite('duckdb', async (table, directory) => {
    await using db = await openDuckDb(`${directory}/warehouse.duckdb`)
    return await db.rows(`from ${table}`)
  })
})
