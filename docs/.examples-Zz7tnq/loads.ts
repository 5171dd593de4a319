import { day, flow, lake, table, task } from 'sluice'

const rides = table('bronze.rides', {
  description: 'Rides as the meters send them',
  owner: 'data@example.org',
  key: ['id'],
  partitionBy: [day('at')],
  columns: { fare: { type: 'decimal(9, 2)', description: 'in dollars' } },
})
const perZone = table('gold.fares')

const load = task({ name: 'load' }, async (zone: number) =>
  (await rides.append([{ id: zone, at: new Date('2026-01-01'), zone, fare: 12.5 }])).rows)

const sumUp = task({ name: 'sum-up' }, async () => {
  const fares = lake.sql<{ zone: number; fares: string }>`select zone, sum(fare) as fares from ${rides} group by zone`
  return (await perZone.replace(fares)).rows
})

export const fares = flow({ name: 'fares' }, async () => {
  const loaded = await load.map([4, 7])
  return { loaded, zones: await sumUp() }
})

if (import.meta.main) console.log(await fares())
