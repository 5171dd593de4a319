import { cursor, table } from 'sluice'

const orders = table('bronze.orders')
const newer = cursor('updated_at', { initial: '2026-01-01', lag: '1h' })

const monday = [{ id: 1, updated_at: new Date('2026-03-02T10:00:00Z') }]
await orders.append(monday, { cursor: newer })
const tuesday = [...monday, { id: 2, updated_at: new Date('2026-03-03T10:00:00Z') }]
console.log((await orders.append(tuesday, { cursor: newer })).rows) // 1
