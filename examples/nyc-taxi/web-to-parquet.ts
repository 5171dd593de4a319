// One month: fetch the file, clean it, keep it as data/{color}/{file}.parquet.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { flow, run, task } from 'sluice'
import * as z from 'zod'
import { choose } from './choose-source.ts'
import { NoSuchFile } from './open-location.ts'
import { saveCsv } from './save-csv.ts'
import * as settings from './settings.ts'
import { fileName, locate } from './source.ts'

/** Cached for a day by what it fetches and where to: the second run of a day asks nobody. */
const fetchFile = task(
  {
    name: 'fetch',
    retries: 3,
    retryDelay: ['1s', '10s', '30s'],
    retryIf: (error) => !(error instanceof NoSuchFile),
    cache: { by: ['inputs'], ttl: '1d' },
    runName: (location) => `fetch ${location}`,
    concurrency: 4,
  },
  async (location: string, file: string, flaky: boolean) => {
    if (flaky && run.attempt === 1) throw new Error('Simulated failure of the first request, to show a retry.')
    // A file of this machine needs no copy.
    if (existsSync(location)) return location
    const { bytes } = await saveCsv(location, file, run.signal, (done, total) => {
      run.progress({ done, label: 'bytes', ...(total === undefined ? {} : { total }) })
    })
    run.log.info(`fetched ${location}`, { bytes })
    return file
  },
)

const clean = task(
  { name: 'clean', concurrency: { limit: 'duckdb', size: 2 } },
  async (csv: string, parquet: string) => {
    const { cleanToParquet } = await import('./clean-to-parquet.ts')
    const { rows, head } = await cleanToParquet(csv, parquet, run.signal)
    run.log.info(`cleaned ${rows} rows`)
    run.artifact.table('head', head, { description: 'The first trips' })
    return { path: parquet, rows }
  },
)

export const webToParquet = flow(
  {
    name: 'web-to-parquet',
    parameters: z.object({
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
    let csv = await fetchFile(location, raw, flaky)
    // The answer may be remembered while somebody has cleared the directory.
    if (!existsSync(csv))
      csv = await fetchFile.with({ cache: { by: ['inputs'], ttl: '1d', refresh: true } })(location, raw, flaky)
    const cleaned = await clean(csv, path.join(directory, color, `${name}.parquet`))
    return { ...cleaned, file: `${color}/${name}` }
  },
)

if (import.meta.main) await webToParquet()
