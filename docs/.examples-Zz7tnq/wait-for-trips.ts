import { flow, table, updated, waitFor } from 'sluice'

const trips = table('bronze.trips')

export const afterTrips = flow({ name: 'after-trips' }, async () => {
  const came = await waitFor(updated(trips), { timeout: '1s', default: undefined })
  return came?.payload.added ?? 'nothing came' // rows; also `removed`, `snapshot`, and the `run` that did it
})

if (import.meta.main) console.log(await afterTrips())
