import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenCsv } from './broken-files.testsupport.ts'
import { type Ingestion, openIngestion } from './ingest.testsupport.ts'

let lake: Ingestion
beforeAll(async () => {
  lake = await openIngestion()
})
afterAll(() => lake[Symbol.asyncDispose]())

const numRuns = Number(process.env['RUNS'] ?? 40)

test('of a broken CSV file every record is loaded as it is or rejected for its own reason, whatever is around it', async () => {
  let files = 0
  await fc.assert(
    fc.asyncProperty(brokenCsv, async ({ bytes, table, options, records, rows, reasons }) => {
      const loaded = await lake.load(await lake.file(`broken-${files++ % 8}.csv`, bytes), { table, options })
      const rejected = Object.values(reasons).reduce((sum, rows_) => sum + rows_, 0)
      expect(loaded.counts).toEqual({ records, loaded: rows.size, quarantined: rejected, discarded: 0, filtered: 0 })
      expect(countsOf(loaded.rejected.map(({ reason }) => String(reason)))).toEqual(reasons)
      expect(new Map(loaded.rows.map((row) => [row['id'], row]))).toEqual(rows)
    }),
    { numRuns },
  )
}, 600_000)

function countsOf(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1
  return counts
}
