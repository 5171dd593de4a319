import { databaseUrl, withHome } from '../bench-home.ts'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { growthPerItem, postgresSize } from '../database-size.ts'
import { fannedOut, runIn } from '../workloads.ts'

const count = 10_000

/** Rows and bytes that a task without logs leaves in PostgreSQL. */
export async function measure(): Promise<readonly BenchRow[]> {
  const url = databaseUrl()
  const sizeAfter = async (tasks: number) => {
    await withHome({ databaseUrl: url }, async (home) => runIn(home, fannedOut, { count: tasks }))
    return postgresSize(url)
  }
  const growth = growthPerItem(await sizeAfter(0), await sizeAfter(count), count)
  const note = `${count} tasks, indexes included`
  return [
    rowOf({ name: 'rows per task run, PostgreSQL', value: growth.rows, unit: 'rows', atMost: 2, note }),
    rowOf({ name: 'bytes per task run, PostgreSQL', value: growth.bytes, unit: 'B', atMost: 1_500, note }),
  ]
}
