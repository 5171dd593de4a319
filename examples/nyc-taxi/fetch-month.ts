import { existsSync } from 'node:fs'
import { run, task } from 'sluice'
import { NoSuchFile } from './open-location.ts'
import { partOf } from './part-of.ts'
import { saveCsv } from './save-csv.ts'
import { monthLabel } from './source.ts'

const cache = { by: ['inputs'], ttl: '1d' } as const

/** Cached for a day by what it fetches and where to: the second run of a day asks nobody. */
const fetchFile = task(
  {
    name: 'fetch',
    retries: 3,
    retryDelay: ['1s', '10s', '30s'],
    retryIf: (error) => !(error instanceof NoSuchFile),
    cache,
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

/** With one decimal. */
function megabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10
}

/** The path of a month's CSV file. The task's answer may be remembered while somebody has cleared the directory: then it is asked anew. */
export async function fetchMonth(location: string, file: string, flaky: boolean): Promise<string> {
  const csv = await fetchFile(location, file, flaky)
  if (existsSync(csv)) return csv
  return fetchFile.with({ cache: { ...cache, refresh: true } })(location, file, flaky)
}
