import { DuckDBInstance } from '@duckdb/node-api'
import { table } from '@sluice/lake'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { type BenchRow, grouped, rowOf } from './bench-row.ts'
import { temporaryDirectory, withHome } from './bench-home.ts'
import { lakeColumns, lakeRun } from './lake.ts'
import { startStopwatch } from './platform.ts'
import { median } from './rounds.ts'

const rows = 1_000_000
const rounds = 3

/** A file that no strict reader takes: a quote that is never closed, short rows and values of another type all over it. */
export async function benchLakeCareful(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const csv = path.join(directory.path, 'rows.csv')
  const duck = await (await DuckDBInstance.create()).connect()
  const columns = `SELECT ${lakeColumns} FROM range(${rows})`
  await duck.run(
    `COPY (SELECT * REPLACE (CASE WHEN id % 1000 = 999 THEN 'none' ELSE fare::VARCHAR END AS fare) FROM (${columns})) TO '${csv}' (HEADER)`,
  )
  const file = await open(csv, 'a')
  await file.write(`1,"never closed\n${'7,2026-01-01 00:00:00,1\n'.repeat(500)}1,2026-01-01 00:00:00,1,1,last\n`)
  await file.close()
  const times: number[] = []
  const declared = { columns: { fare: { type: 'double' } } } as const
  await withHome({}, async (home) => {
    await lakeRun(home, () => table('bench.warm').append([{ id: 1 }]))
    for (let round = 0; round < rounds; round++) {
      const watch = startStopwatch()
      await lakeRun(home, async () => {
        const { rejected } = await table(`bench.careful${round}`, declared).append(csv)
        if (rejected !== rows / 1000 + 501) throw new Error(`${rejected} rows were rejected`)
      })
      times.push(watch.wall() / 1000)
    }
  })
  const value = rows / median(times)
  const name = `broken CSV (${grouped(rows)} rows of 5 columns, 1 501 of them rejected) into a committed snapshot`
  return [rowOf({ name, value, unit: 'rows/s', atLeast: 300_000 })]
}
