import { flow, task } from 'sluice'

const load = task({ name: 'load' }, async (month: number) => month * 1000)
const ingest = flow({ name: 'ingest' }, async ({ month }: { month: number }) => load(month))

export const year = flow({ name: 'year' }, async () => {
  const rows = await Promise.all([1, 2, 3].map((month) => ingest({ month })))
  return rows.reduce((a, b) => a + b, 0)
})

if (import.meta.main) console.log(await year())
