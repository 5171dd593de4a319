import { DuckDBInstance } from '@duckdb/node-api'
import { lake, table } from '@sluice/lake'
import path from 'node:path'
import { temporaryDirectory, withHome } from './bench-home.ts'
import { type BenchRow, grouped, rowOf } from './bench-row.ts'
import { lakeColumns, lakeRun } from './lake.ts'
import { startStopwatch } from './platform.ts'
import { median } from './rounds.ts'

const count = 5_000_000
const rounds = 15

/** Groups, sorts and counts: every column is read. */
const aggregate = (from: string): string =>
  `SELECT zone, count(*) AS trips, sum(fare) AS fares, max("at") AS last, count(DISTINCT name) AS names, max(id) AS id
   FROM ${from} GROUP BY zone ORDER BY fares DESC LIMIT 20`
const few = (from: string): string => `SELECT count(*) AS trips FROM ${from} WHERE zone = 4`
const many = (from: string): string => `SELECT id, "at", fare, zone, name FROM ${from} WHERE id < 200000`

/** A query by `lake.sql` in a process for queries that has answered before, and the same by DuckDB on the table's files, in turns. */
export async function benchLakeQuery(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const duck = await (await DuckDBInstance.create()).connect()
  const parquet = path.join(directory.path, 'rows.parquet')
  await duck.run(`COPY (SELECT ${lakeColumns} FROM range(${count})) TO '${parquet}' (FORMAT parquet)`)
  return await withHome({}, async (home) => {
    let rows: readonly BenchRow[] = []
    await lakeRun(home, async () => {
      await table('bench.queried').append(parquet)
      const files = await table('bench.queried').files()
      const direct = `read_parquet([${files.map((file) => `'${file}'`).join(', ')}])`
      const compared = async (name: string, sql: (from: string) => string, atLeast?: number): Promise<BenchRow> => {
        const ours: number[] = []
        const bare: number[] = []
        for (let round = 0; round <= rounds; round++) {
          const [a, b] = [
            await ms(() => inLake(sql('bench.queried')).all()),
            await ms(async () => (await duck.runAndReadAll(sql(direct))).getRowObjectsJS()),
          ]
          // The first round starts the process for queries, and has both read the files.
          if (round === 0) continue
          ours.push(a)
          bare.push(b)
        }
        return rowOf({
          name: `${name}: share of the speed of DuckDB on the same files`,
          value: (100 * median(bare)) / median(ours),
          unit: '%',
          note: `${grouped(median(ours))} ms, DuckDB ${grouped(median(bare))} ms`,
          ...(atLeast !== undefined && { atLeast }),
        })
      }
      rows = [
        await compared(`query that groups ${grouped(count)} rows`, aggregate, 90),
        await compared(`query that counts some of ${grouped(count)} rows`, few),
        await compared('query that gives 200 000 rows to code', many),
      ]
    })
    return rows
  })
}

function inLake(text: string): ReturnType<typeof lake.sql> {
  return lake.sql(Object.assign([text], { raw: [text] }))
}

async function ms(work: () => Promise<unknown>): Promise<number> {
  const watch = startStopwatch()
  await work()
  return watch.wall()
}
