import { lake, table } from 'sluice'

const rides = table('bronze.paid_rides')
await rides.append([{ id: 1, fare: 5 }, { id: 2, fare: 50 }])
const big = await lake.view('gold.big_rides', lake.sql`select * from ${rides} where fare > 10`, { description: 'Worth a look' })
console.log(await lake.sql`select count(*) as n from ${big}`.all())
