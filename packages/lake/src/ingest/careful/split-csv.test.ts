import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ingestion, openIngestion } from '../ingest.testsupport.ts'
import { type RecordRules, scanRecord } from './scan-record.ts'

let lake: Ingestion
beforeAll(async () => {
  lake = await openIngestion()
})
afterAll(() => lake[Symbol.asyncDispose]())

const rules: RecordRules = { delimiter: 44, quote: 34, escape: 34, columns: 2, loneCarriage: false }
const scan = (text: string, last = true): unknown => {
  const bytes = Buffer.from(text)
  const { outcome, end, next, values } = scanRecord(bytes, 0, bytes.length, last, rules)
  return outcome === 'record' ? [text.slice(0, end), next, values] : outcome
}

test('a record ends where its line does, quotes apart', () => {
  expect(scan('a,b\nc')).toEqual(['a,b', 4, 2])
  expect(scan('a,b\r\nc')).toEqual(['a,b', 5, 2])
  expect(scan('a,"b\n""c"\nd')).toEqual(['a,"b\n""c"', 10, 2])
  expect(scan('a,')).toEqual(['a,', 2, 2])
  expect(scan('a,"b" c\n')).toBe('broken')
  expect(scan('a,"b\nc')).toBe('broken')
  expect(scan('a,"b\nc', false)).toBe('more')
  expect(scan('a,"b"', false)).toBe('more')
  expect(scan('a,b\r', false)).toBe('more')
})

/** Values that a table of texts keeps as they are: an empty one is no value. */
const value = fc
  .array(fc.constantFrom('a', ' ', ',', ';', '"', "'", '\n', '\r\n', '\\', 'é', '😀', '\t', '|', '0', '-'), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => `v${parts.join('')}`)
const table = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 12 })

function csvOf(rows: readonly (readonly string[])[], ends: readonly string[]): string {
  const quoted = (text: string): string => (/[",;\t|'\r\n\\]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return ['x,y,z', ...rows.map((row) => row.map(quoted).join(','))]
    .map((line, i) => line + (ends[i % ends.length] ?? '\n'))
    .join('')
}

test('what is written rightly is read as it was, by either path', async () => {
  const ends = fc.constantFrom(['\n'], ['\r\n'], ['\n', '\r\n'], ['\r\n', '\r\n', '\n'])
  let files = 0
  await fc.assert(
    fc.asyncProperty(table, ends, async (rows, lineEnds) => {
      const file = await lake.file(`table-${(files += 1)}.csv`, csvOf(rows, lineEnds))
      const { rows: loaded, counts } = await lake.load(file, {
        options: { csv: { delimiter: ',', quote: '"', escape: '"', header: true } },
      })
      expect(loaded.map((row) => [row['x'], row['y'], row['z']])).toEqual(rows)
      expect(counts).toMatchObject({ records: rows.length, loaded: rows.length })
    }),
    { numRuns: Number(process.env['RUNS'] ?? 60) },
  )
})

test('whatever the bytes are, every record is accounted for', async () => {
  const noise = fc
    .array(fc.constantFrom('a', ',', '"', '\n', '\r', '1', 'é'), { maxLength: 60 })
    .map((parts) => parts.join(''))
  let files = 0
  await fc.assert(
    fc.asyncProperty(noise, async (text) => {
      const file = await lake.file(`noise-${(files += 1)}.csv`, `x,y\n1,2\n${text}`)
      const options = { maxRejected: 1, csv: { delimiter: ',', quote: '"', escape: '"', header: true } }
      const { rows, rejected, counts } = await lake.load(file, { options })
      expect([rows.length, rejected.length]).toEqual([counts.loaded, counts.quarantined])
      expect(counts.records).toBe(counts.loaded + counts.quarantined)
      expect(rows[0]).toMatchObject({})
    }),
    { numRuns: Number(process.env['RUNS'] ?? 60) },
  )
})
