// One month: fetch the file, clean it, keep it as data/{color}/{file}.parquet.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { flow, run, task } from 'sluice'
import * as z from 'zod'
import { choose } from './choose-source.ts'
import { NoSuchFile } from './open-location.ts'
import { partOf } from './part-of.ts'
import { saveCsv } from './save-csv.ts'
import * as settings from './settings.ts'
import { fileName, locate, monthLabel } from './source.ts'

/** Cached for a day by what it fetches and where to: the second run of a day asks nobody. */
const fetchFile = task(
  {
    name: 'fetch',
    retries: 3,
    retryDelay: ['1s', '10s', '30s'],
    retryIf: (error) => !(error instanceof NoSuchFile),
    cache: { by: ['inputs'], ttl: '1d' },
    runName: (_location, file) => monthLabel(file),
    concurrency: 4,
  },
  async (location: string, file: string, flaky: boolean) => {
    if (flaky && run.attempt === 1) throw new Error('Simulated failure of the first request, to show a retry.')
    // A file of this machine needs no copy.
    if (existsSync(location)) return location
    const onProgress = (done: number, total?: number): void => {
      run.progress({ done: megabytes(done), label: 'MB', ...(total === undefined ? {} : { total: megabytes(total) }) })
    }
    const { bytes } = await saveCsv(location, file, run.signal, { part: partOf(file), onProgress })
    run.log.debug(`fetched ${location}`, { bytes })
    return file
  },
)

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

/** With one decimal. */
function megabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10
}

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
    let csv = await fetchFile(location, raw, flaky)
    // The answer may be remembered while somebody has cleared the directory.
    if (!existsSync(csv))
      csv = await fetchFile.with({ cache: { by: ['inputs'], ttl: '1d', refresh: true } })(location, raw, flaky)
    const cleaned = await clean(csv, path.join(directory, color, `${name}.parquet`))
    return { ...cleaned, file: `${color}/${name}` }
  },
)

if (import.meta.main) await webToParquet()
