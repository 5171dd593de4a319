import { flow } from 'sluice'
import * as z from 'zod'

export const months = flow(
  { name: 'months', parameters: z.object({ year: z.int().min(2009), months: z.array(z.int().min(1).max(12)).default([1]) }) },
  async ({ year, months }) => months.map((month) => `${year}-${String(month).padStart(2, '0')}`),
)

if (import.meta.main) console.log(await months({ year: 2021 }))
