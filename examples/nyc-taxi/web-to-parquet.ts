// One month: fetch the file, clean it, keep it as data/{color}/{file}.parquet.
import path from 'node:path'
import { flow, run, task } from 'sluice'
import * as z from 'zod'
import { choose } from './choose-source.ts'
import { fetchMonth } from './fetch-month.ts'
import { partOf } from './part-of.ts'
import * as settings from './settings.ts'
import { fileName, locate, monthLabel } from './source.ts'

const clean = task(
  {
    name: 'clean',
    runName: (_csv, parquet) => monthLabel(parquet),
    concurrency: { limit: 'duckdb', size: 2 },
  },
  async (csv: string, parquet: string) => {
    const { cleanToParquet } = await import('./clean-to-parquet.ts')
    const { rows, head } = await cleanToParquet(csv, parquet, run.signal, partOf(parquet))
    run.log.debug(`cleaned ${rows} rows`)
    const label = monthLabel(parquet)
    run.artifact.table(`first-trips-${label.replace(' ', '-')}`, head, { description: `The first trips of ${label}` })
    return { path: parquet, rows }
  },
)

export const webToParquet = flow(
  {
    name: 'web-to-parquet',
    parameters: z.strictObject({
      color: settings.color.default('yellow'),
      year: settings.year.default(2021),
      month: settings.month.default(1),
      source: settings.source,
      rows: settings.generatedRows,
      flaky: z.boolean().default(false).describe('the first request fails, on purpose'),
      directory: settings.directory,
    }),
  },
  async ({ color, year, month, source, rows, flaky, directory }) => {
    const wanted = { color, year, month }
    const location = locate(source === 'auto' ? await choose(source, wanted) : source, wanted, rows)
    const name = fileName(wanted)
    const raw = path.join(directory, 'raw', color, `${name}.csv.gz`)
    const csv = await fetchMonth(location, raw, flaky)
    const cleaned = await clean(csv, path.join(directory, color, `${name}.parquet`))
    return { ...cleaned, file: `${color}/${name}` }
  },
)

if (import.meta.main) await webToParquet()
