// Months × colours: one child run per month and colour, then the total.
import { flow } from 'sluice'
import * as z from 'zod'
import { choose } from './choose-source.ts'
import { month } from './month.ts'
import * as settings from './settings.ts'

export const parent = flow(
  {
    name: 'parent',
    parameters: z.strictObject({
      months: z.array(settings.month).min(1).default([1, 2, 3]),
      year: settings.year.default(2021),
      colors: z.array(settings.color).min(1).default(['yellow']),
      source: settings.source,
      rows: settings.generatedRows,
      flaky: z.boolean().default(false).describe('the first request of the first month fails, on purpose'),
      table: z.string().default('rides'),
      warehouse: settings.warehouse,
      directory: settings.directory,
    }),
    logPrints: true,
  },
  async ({ months, year, colors, source, flaky, ...rest }) => {
    const wanted = colors.flatMap((color) => months.map((number) => ({ color, year, month: number })))
    const [first] = wanted
    if (first === undefined) return { rows: 0, appended: 0, files: 0, source }
    // Asked once for all months: the children get the answer.
    const chosen = source === 'auto' ? await choose(source, first) : source
    const loaded = await Promise.all(
      wanted.map((one, index) => month({ ...one, ...rest, source: chosen, flaky: flaky && index === 0 })),
    )
    const rows = loaded.reduce((sum, one) => sum + one.rows, 0)
    const appended = loaded.reduce((sum, one) => sum + one.appended, 0)
    console.log(`total: ${rows} rows in ${loaded.length} files, ${appended} of them new`)
    return { rows, appended, files: loaded.length, source: chosen }
  },
)

if (import.meta.main) await parent()
