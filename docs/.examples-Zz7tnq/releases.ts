import { lake, table } from 'sluice'

const fees = table('silver.fees')
const perYear = table('gold.fees_per_year')
await fees.append([{ year: 2026, fee: 10 }])
await perYear.replace(lake.sql`select year, sum(fee) as fees from ${fees} group by year`)

await lake.release('2026-01', [fees, perYear]) // the versions that they have now, together
await fees.append([{ year: 2026, fee: 5 }])

const then = lake.at('2026-01')
console.log(await then.sql`select sum(fee) as fees from ${fees}`.all()) // [{ fees: 10 }]
for await (const row of then.table('gold.fees_per_year').rows()) console.log(row)
await lake.rollback('2026-01') // both tables at once
