import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { databaseUrl, temporaryDirectory } from './bench-home.ts'
import { type BenchRow, grouped, rowOf } from './bench-row.ts'
import { forkChild } from './fork-child.ts'
import type { LargeLoad } from './lake-memory.ts'

const run = promisify(execFile)
const csvBytes = 52_000_000
const scripts = path.join(import.meta.dirname, 'peers/lake')

/**
 * One CSV file of a million rows by three ways of people who load files: Sluice into a snapshot of its lake, dlt into Parquet files
 * of a directory, pandas with SQLAlchemy into PostgreSQL. Each in a process of its own, timed from inside, without its imports.
 */
export async function benchLakePeers(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const python = await pythonIn(directory.path)
  const csv = path.join(directory.path, 'rows.csv')
  await forkChild({ script: 'scripts/large-csv.ts', args: [csv, String(csvBytes)] })
  const ours = await forkChild<LargeLoad>({ script: 'scripts/load-large.ts', args: [csv, 'file'] })
  if (!ours) throw new Error('no load')
  if (python === undefined) return rowsOf('Sluice, into a snapshot', ours, skipped)
  const peer = async (script: string, target: string): Promise<LargeLoad> => {
    const { stdout } = await run(python, [path.join(scripts, script), csv, target], {
      timeout: 600_000,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    })
    const load = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LargeLoad
    if (load.rows !== ours.rows) throw new Error(`${script} loaded ${load.rows} rows of ${ours.rows}`)
    return load
  }
  const dlt = await peer('dlt_load.py', path.join(directory.path, 'dlt'))
  const pandas = await peer('pandas_load.py', databaseUrl())
  return [
    ...rowsOf('Sluice, into a snapshot', ours, `${grouped(ours.rows)} rows`),
    ...rowsOf('dlt, into Parquet files', dlt, times(dlt, ours)),
    ...rowsOf('pandas and SQLAlchemy, into PostgreSQL', pandas, times(pandas, ours)),
  ]
}

/** Beside the figures: a child's errors are seen only when it fails. */
const skipped = 'dlt and pandas were skipped: BENCH_PYTHON names a Python that has peers/lake/requirements.txt'

function rowsOf(name: string, { rows, seconds, peak }: LargeLoad, note: string): readonly BenchRow[] {
  return [
    rowOf({ name: `CSV by ${name}`, value: rows / seconds, unit: 'rows/s', note }),
    rowOf({ name: `CSV by ${name}: most memory`, value: peak / 1e6, unit: 'MB' }),
  ]
}

function times(load: LargeLoad, ours: LargeLoad): string {
  return `Sluice ${grouped(load.seconds / ours.seconds)} × as fast`
}

/** One that is given, or one in an environment of this bench's own; undefined where packages cannot be installed. */
async function pythonIn(directory: string): Promise<string | undefined> {
  const given = process.env['BENCH_PYTHON']
  if (given !== undefined) return given
  const environment = path.join(directory, 'python')
  const python = path.join(environment, 'bin/python')
  try {
    await run('python3', ['-m', 'venv', environment])
    await run(python, ['-m', 'pip', 'install', '--quiet', '-r', path.join(scripts, 'requirements.txt')], {
      timeout: 600_000,
    })
    return python
  } catch {
    return undefined
  }
}
