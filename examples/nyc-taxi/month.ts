// One month of one colour, from its file to the warehouse.
import { flow, run } from 'sluice'
import * as z from 'zod'
import { parquetToWarehouse } from './parquet-to-warehouse.ts'
import * as settings from './settings.ts'
import { webToParquet } from './web-to-parquet.ts'

export const month = flow(
  {
    name: 'month',
    parameters: z.strictObject({
      color: settings.color,
      year: settings.year,
      month: settings.month,
      source: settings.source,
      rows: settings.generatedRows,
      flaky: z.boolean().default(false),
      table: z.string().default('rides'),
      warehouse: settings.warehouse,
      directory: settings.directory,
    }),
    runName: (wanted) => `${wanted.color} ${wanted.year}-${String(wanted.month).padStart(2, '0')}`,
  },
  async ({ table, warehouse, ...wanted }) => {
    const { path, file } = await webToParquet(wanted)
    const loaded = await parquetToWarehouse({ path, file, table, warehouse, directory: wanted.directory })
    run.log.info(`${loaded.rows} rows, ${loaded.appended} of them new`)
    return loaded
  },
)
