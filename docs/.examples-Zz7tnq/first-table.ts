import { table } from 'sluice'

const trips = table('bronze.trips')
console.log(await trips.append('trips.csv')) // { rows: 2, rejected: 0, snapshot: '…', … }
for await (const trip of trips.rows({ where: { zone: 4 } })) console.log(trip)
