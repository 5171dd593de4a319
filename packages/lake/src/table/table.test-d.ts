import { expectTypeOf } from 'vitest'
import * as z from 'zod'
import { day } from './partition-helpers.ts'
import { lake, table } from './table.ts'

// Checked by the compiler alone: nothing here runs.

interface Trip {
  readonly id: number
  readonly fare: number | null
}

declare const trips: readonly Trip[]

const untyped = table('bronze.trips', { partitionBy: [day('at'), 'zone'] })
void untyped.append(trips)
void untyped.append('trips.csv')
void untyped.append([new URL('https://example.org/trips.csv')])
// @ts-expect-error: a number is no row
void untyped.append([1])
void lake.table('bronze.trips').append(trips, { rename: { Fare: 'fare' } })

const typed = table('bronze.trips', { schema: z.object({ id: z.int(), fare: z.number().nullable() }) })
void typed.append(trips)
// @ts-expect-error: fare is missing
void typed.append([{ id: 1 }])
// @ts-expect-error: there is no such option
table('bronze.trips', { partitionedBy: [] })
void (async () => {
  for await (const trip of typed.rows({ where: { fare: { gte: 1 } }, columns: ['id'] }))
    expectTypeOf(trip.fare).toEqualTypeOf<number | null>()
})
// @ts-expect-error: there is no such column
typed.rows({ where: { fares: 1 } })
