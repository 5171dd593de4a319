import { flow, lake, table, task } from 'sluice'

const months = 4
export const perLoad = 5_000

const trips = table('bronze.trips')
const copies = table('gold.copies')

/** Asked once, however often the load is done: each asking is said. */
async function* source(month: number): AsyncGenerator<object> {
  process.stdout.write(`asked ${month}\n`)
  for (let id = 0; id < perLoad; id++) {
    if (id === perLoad / 2) process.stdout.write(`loading ${month}\n`)
    yield { id: month * perLoad + id, month, fare: id / 100 }
  }
  process.stdout.write(`extracted ${month}\n`)
}

const load = task({ name: 'load', runName: (month) => `load ${month}` }, async (month: number) => {
  const { rows } = await trips.append(source(month))
  await copies.replace(lake.sql`select id, month, fare from ${trips}`)
  return rows
})

export const loads = flow({ name: 'loads' }, async () => {
  let rows = 0
  for (let month = 0; month < months; month++) rows += await load(month)
  return rows
})

if (import.meta.main) process.stdout.write(`result ${await loads()}\n`)
