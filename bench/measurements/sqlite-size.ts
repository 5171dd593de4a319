import { openHome } from '@sluice/engine'
import path from 'node:path'
import { temporaryDirectory } from '../bench-home.ts'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { growthPerItem, sqliteSize } from '../database-size.ts'
import { runIn, sequential } from '../workloads.ts'

const count = 10_000

/** Rows and bytes that a task without logs leaves in the SQLite file. */
export async function measure(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const file = path.join(directory.path, 'sluice.db')
  const sizeAfter = async (tasks: number) => {
    await using home = await openHome({ home: directory.path })
    await runIn(home, sequential, { count: tasks })
    await home.close()
    return sqliteSize(file)
  }
  const growth = growthPerItem(await sizeAfter(0), await sizeAfter(count), count)
  const note = `${count} tasks, indexes included`
  return [
    rowOf({ name: 'rows per task run, SQLite', value: growth.rows, unit: 'rows', atMost: 2, note }),
    rowOf({ name: 'bytes per task run, SQLite', value: growth.bytes, unit: 'B', atMost: 1_500, note }),
  ]
}
