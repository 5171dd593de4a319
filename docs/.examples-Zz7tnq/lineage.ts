import { asset, flow, lake, table, task } from 'sluice'

const shop = asset('postgres://shop.example.org/shop/orders')
const orders = table('bronze.orders')
const totals = table('gold.totals')

const extract = task({ name: 'extract' }, async () => {
  await shop.read()
  return [{ id: 1, total: 12.5 }]
})
const load = task({ name: 'load' }, async (rows: readonly object[]) => (await orders.append(rows)).rows)
const sumUp = task({ name: 'sum-up' }, async () => {
  await totals.replace(lake.sql`select sum(total) as total from ${orders}`)
})

export const shopping = flow({ name: 'shopping' }, async () => {
  await load(extract())
  await sumUp()
  return (await lake.lineage(totals)).links // bronze.orders → gold.totals, postgres://… → bronze.orders
})

if (import.meta.main) console.log(await shopping())
