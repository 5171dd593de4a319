// A Parquet file into a table of the warehouse, in batches of 500 000 rows.
import { flow, run, task } from 'sluice'
import * as z from 'zod'
import { contentOf, parquetRows } from './parquet-file.ts'
import * as settings from './settings.ts'
import { openWarehouse, type ParquetBatch } from './warehouse.ts'
import type { WarehouseKind } from './warehouse-kind.ts'

interface Target {
  readonly table: string
  readonly warehouse: WarehouseKind
  readonly directory: string
}

const inspect = task({ name: 'inspect' }, async (file: string) => ({
  rows: await parquetRows(file, run.signal),
  content: await contentOf(file, run.signal),
}))

const prepare = task(
  { name: 'prepare', retries: 3, retryDelay: '2s', concurrency: { limit: 'warehouse', size: 1 } },
  async ({ table, warehouse, directory }: Target, file: string, content: string, once: boolean) => {
    await using target = await openWarehouse(warehouse, directory, run.signal)
    await target.openTable(table)
    if (once) await target.forgetOther(table, file, content)
    return target.location
  },
)

const append = task(
  {
    name: 'append',
    retries: 3,
    retryDelay: '2s',
    runName: ({ from, to }) => `rows ${from + 1}–${to}`,
    concurrency: { limit: 'warehouse', size: 1 },
  },
  async (batch: ParquetBatch, { table, warehouse, directory }: Target, once: boolean) => {
    await using target = await openWarehouse(warehouse, directory, run.signal)
    const { rows, skipped } = await target.appendParquet(table, batch, once)
    run.log.debug(skipped ? 'this batch is there already' : `appended ${rows} rows`, {
      file: batch.file,
      from: batch.from,
    })
    return { rows, skipped }
  },
)

export const parquetToWarehouse = flow(
  {
    name: 'parquet-to-warehouse',
    parameters: z.strictObject({
      path: z.string(),
      file: z.string().describe('its name in the warehouse, for example green/green_tripdata_2020-04'),
      table: z.string().default('rides'),
      mode: z.enum(['once', 'append']).default('once').describe('once: what was loaded before is not loaded again'),
      batchRows: z.int().positive().default(500_000),
      warehouse: settings.warehouse,
      directory: settings.directory,
    }),
  },
  async ({ path, file, table, mode, batchRows, warehouse, directory }) => {
    const target = { table, warehouse, directory }
    const once = mode === 'once'
    const { rows, content: bytes } = await inspect(path)
    const content = `${bytes}/${batchRows}`
    await prepare(target, file, content, once)
    const batches = Array.from({ length: Math.ceil(rows / batchRows) }, (_, index) => ({
      path,
      file,
      content,
      from: index * batchRows,
      to: Math.min(rows, (index + 1) * batchRows),
    }))
    const appended = await append.map(batches, target, once)
    return { rows, appended: appended.reduce((sum, batch) => sum + (batch.skipped ? 0 : batch.rows), 0) }
  },
)
