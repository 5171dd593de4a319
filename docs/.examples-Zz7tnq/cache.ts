import { flow, task } from 'sluice'

const fetchRates = task({ name: 'fetch-rates', cache: { by: ['inputs'], ttl: '1d' } }, async (day: string) => ({ day, rate: 1.07 }))

export const rates = flow({ name: 'rates' }, async ({ day }: { day: string }) => fetchRates(day))

if (import.meta.main) console.log(await rates({ day: '2026-01-31' }))
