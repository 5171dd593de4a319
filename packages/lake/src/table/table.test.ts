import { flow, openHome, type OpenHome, startRun } from '@sluice/engine'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lake, table } from './table.ts'

let directory: string
let home: OpenHome
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-table-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
})
afterAll(async () => {
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

test('a file becomes a table', async () => {
  const file = path.join(directory, 'trips.csv')
  await writeFile(file, 'id,pickup_at,fare\n1,2026-01-01 10:00:00,12.5\n2,2026-01-02 11:00:00,7\n')
  const trips = table('bronze.trips', { owner: 'data@example.org' })
  const rows = await startRun(
    flow({ name: 'f' }, async () => {
      const result = await trips.append(file)
      console.log(result)
      console.log(await trips.append([{ id: 3, pickup_at: '2026-01-03 00:00:00', fare: 1 }]))
      const read: unknown[] = []
      for await (const row of lake.table('bronze.trips').rows({ where: { id: { gte: 2 } }, columns: ['id', 'fare'] }))
        read.push(row)
      return read
    }),
    undefined,
    { home },
  )
  console.log(rows)
  expect(rows).toEqual([
    { id: 2, fare: 7 },
    { id: 3, fare: 1 },
  ])
})
