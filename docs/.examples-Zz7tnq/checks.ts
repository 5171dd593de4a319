import { accepted, check, freshness, lake, notNull, range, rowCount, table } from 'sluice'

const zones = table('bronze.city_zones', { key: ['id'] })
await zones.append([{ id: 4, name: 'Centre' }])

const journeys = table('bronze.journeys', {
  key: ['id'], // implies unique('id')
  references: { zone_id: zones.col('id') }, // implies relationship('zone_id', zones.col('id'))
  checks: [
    notNull('at'),
    accepted('paid_by', ['card', 'cash']),
    range('fare', { min: 0 }),
    freshness('at', '36h', { severity: 'warn' }),
    rowCount({ min: 1 }),
    check('fares of the centre', (t) => lake.sql`select * from ${t} where zone_id = ${4} and fare > ${500}`),
  ],
  columns: { rider: { sensitive: true } },
})

const trip = { id: 1, zone_id: 4, at: new Date(), paid_by: 'card', fare: 12.5, rider: 'Ann' }
console.log((await journeys.append([trip])).published) // true
await journeys.append([{ ...trip, id: 2, fare: -1 }], { id: 'refunds' }).catch(({ code }) => console.log(code)) // LOAD_BLOCKED
for (const { name, outcome, failing } of await journeys.check()) console.log(name, outcome, failing)
