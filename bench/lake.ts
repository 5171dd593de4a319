import { DuckDBInstance } from '@duckdb/node-api'
import { type Flow, flow, type Home, startRun } from '@sluice/engine'
import { table } from '@sluice/lake'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { type BenchRow, grouped, rowOf } from './bench-row.ts'
import { temporaryDirectory, withHome } from './bench-home.ts'
import { startStopwatch } from './platform.ts'
import { median } from './rounds.ts'
import { silent } from './workloads.ts'

const csvRows = 3_000_000
const codeRows = 1_000_000
const rounds = 3

/** What stands in a row of every load: an id, a time, two numbers and a text. */
export const lakeColumns = `range::BIGINT AS id, TIMESTAMP '2026-01-01' + to_seconds(range % 5000000) AS at,
  round(hash(range) % 100000 / 7.0, 4) AS fare, (hash(range + 1) % 1000)::INTEGER AS zone, 'name ' || (range % 1000) AS name`

/** Clean CSV into a committed snapshot, and the same file by DuckDB's own COPY into Parquet, in turns. */
export async function benchLakeCsv(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const csv = path.join(directory.path, 'rows.csv')
  const duck = await (await DuckDBInstance.create()).connect()
  await duck.run(`COPY (SELECT ${lakeColumns} FROM range(${csvRows})) TO '${csv}' (HEADER)`)
  const ours: number[] = []
  const bare: number[] = []
  await withHome({}, async (home) => {
    await lakeRun(home, () => table('bench.warm').append([{ id: 1 }]))
    for (let round = 0; round < rounds; round++) {
      // Both find the file in the system's cache.
      for await (const _ of createReadStream(csv));
      const target = path.join(directory.path, `bare-${round}.parquet`)
      bare.push(
        await seconds(() =>
          duck.run(`COPY (FROM read_csv('${csv}')) TO '${target}' (FORMAT parquet, COMPRESSION zstd)`),
        ),
      )
      await rm(target)
      ours.push(await seconds(() => lakeRun(home, () => table(`bench.csv${round}`).append(csv))))
    }
  })
  const name = `clean CSV (${grouped(csvRows)} rows of 5 columns)`
  return [
    rowOf({
      name: `${name} into a committed snapshot`,
      value: csvRows / median(ours),
      unit: 'rows/s',
      atLeast: 1_000_000,
    }),
    rowOf({
      name: `${name}: share of the speed of DuckDB's bare COPY`,
      value: (100 * median(bare)) / median(ours),
      unit: '%',
      atLeast: 80,
      note: `COPY ${grouped(csvRows / median(bare))} rows/s`,
    }),
  ]
}

/** Objects that code makes, into a committed snapshot. */
export async function benchLakeRows(): Promise<readonly BenchRow[]> {
  const times: number[] = []
  await withHome({}, async (home) => {
    await lakeRun(home, () => table('bench.warm').append([{ id: 1 }]))
    for (let round = 0; round < rounds; round++)
      times.push(await seconds(() => lakeRun(home, () => table(`bench.rows${round}`).append(madeRows()))))
  })
  const value = codeRows / median(times)
  return [rowOf({ name: `rows from code (${grouped(codeRows)} objects)`, value, unit: 'rows/s', atLeast: 700_000 })]
}

function* madeRows(): Generator<object> {
  for (let id = 0; id < codeRows; id++)
    yield { id, at: '2026-01-01 00:00:00', fare: id / 4, zone: id % 1000, name: `name ${id % 1000}` }
}

const mergedRows = 5_000_000
const mergedKeys = 100_000

/** Keys that lie all over a table of one load: half are there, half are new. Every file is written anew. */
export async function benchLakeMerge(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const duck = await (await DuckDBInstance.create()).connect()
  const file = async (name: string, select: string): Promise<string> => {
    const target = path.join(directory.path, `${name}.parquet`)
    await duck.run(`COPY (${select}) TO '${target}' (FORMAT parquet, COMPRESSION zstd)`)
    return target
  }
  const base = await file('base', `SELECT ${lakeColumns} FROM range(${mergedRows})`)
  const times: number[] = []
  await withHome({}, async (home) => {
    await lakeRun(home, () => table('bench.merged').append(base))
    for (let round = 0; round < rounds; round++) {
      // Spread over the whole table, and as many beyond its end.
      const step = (2 * mergedRows) / mergedKeys
      const keys = `SELECT ${lakeColumns} FROM (SELECT r * ${step} + ${round} AS range FROM range(${mergedKeys}) AS t (r))`
      const load = await file(`load-${round}`, keys)
      times.push(await seconds(() => lakeRun(home, () => table('bench.merged').merge(load, { key: ['id'] }))))
    }
  })
  const name = `merge of ${grouped(mergedKeys)} keys into ${grouped(mergedRows)} rows, all over the table`
  return [
    rowOf({
      name,
      value: median(times),
      unit: 's',
      atMost: 2,
      note: `each ${times.map((s) => s.toFixed(2)).join(', ')}`,
    }),
  ]
}

/** A few rows into a large table with a key, which a check looks at: keys from all over it. */
export async function benchLakeKeyed(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const duck = await (await DuckDBInstance.create()).connect()
  const base = path.join(directory.path, 'base.parquet')
  await duck.run(
    `COPY (SELECT * REPLACE (id * 2 AS id) FROM (SELECT ${lakeColumns} FROM range(${mergedRows}))) TO '${base}' (FORMAT parquet, COMPRESSION zstd)`,
  )
  const times: number[] = []
  await withHome({}, async (home) => {
    const keyed = table('bench.keyed', { key: ['id'] })
    await lakeRun(home, () => keyed.append(base))
    for (let round = 0; round < 5; round++) {
      const rows = Array.from({ length: 1000 }, (_, n) => ({ id: n * 10_000 + round * 2 + 1, zone: n, name: 'new' }))
      times.push(await seconds(() => lakeRun(home, () => keyed.append(rows))))
    }
  })
  const name = `append of 1 000 rows to ${grouped(mergedRows)} rows whose key is checked`
  const note = `each ${times.map((s) => s.toFixed(2)).join(', ')}`
  return [rowOf({ name, value: 1000 * median(times), unit: 'ms', note })]
}

/** Small loads: the first of a process, the next ones, and a thousand of one row. */
export async function benchLakeSmall(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const csv = path.join(directory.path, 'small.csv')
  const duck = await (await DuckDBInstance.create()).connect()
  await duck.run(`COPY (SELECT ${lakeColumns} FROM range(1000)) TO '${csv}' (HEADER)`)
  return await withHome({}, async (home) => {
    const small: number[] = []
    for (let i = 0; i < 16; i++)
      small.push(1000 * (await seconds(() => lakeRun(home, () => table('bench.small').append(csv)))))
    const [first = 0, ...next] = small
    const commits: number[] = []
    await lakeRun(home, async () => {
      for (let id = 0; id < 1000; id++) commits.push(1000 * (await seconds(() => table('bench.one').append([{ id }]))))
    })
    const last = median(commits.slice(-100))
    return [
      rowOf({
        name: 'load of 1 000 CSV rows, in a run of its own',
        value: median(next),
        unit: 'ms',
        atMost: 300,
        note: `the first of the process ${grouped(first)}`,
      }),
      rowOf({
        name: '1 000 commits of one row, one after the other: each',
        value: commits.reduce((sum, ms) => sum + ms, 0) / commits.length,
        unit: 'ms',
        atMost: 100,
        note: `the last hundred ${grouped(last)}`,
      }),
    ]
  })
}

export function lakeRun(home: Home, body: () => Promise<unknown>): PromiseLike<unknown> {
  const of: Flow<void, void> = flow({ name: 'bench-lake' }, async () => {
    await body()
  })
  return startRun(of, undefined, { home, reporter: silent })
}

async function seconds(work: () => PromiseLike<unknown>): Promise<number> {
  const watch = startStopwatch()
  await work()
  return watch.wall() / 1000
}
