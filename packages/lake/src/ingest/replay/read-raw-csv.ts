import { SluiceError } from '@sluice/core'
import { type RecordRules, scanRecord } from '../careful/scan-record.ts'
import { parseSample } from '../csv/parse-sample.ts'
import type { CsvForm } from './raw-form.ts'

/** The values of one record of a CSV file; undefined: it is not exactly one. */
export function csvValues(raw: string, form: CsvForm): readonly string[] | undefined {
  const bytes = Buffer.from(raw)
  const code = (character: string): number => (character === '' ? -1 : character.charCodeAt(0))
  const rules: RecordRules = {
    delimiter: code(form.delimiter),
    quote: code(form.quote),
    escape: code(form.escape),
    columns: 0,
    loneCarriage: false,
  }
  const found = scanRecord(bytes, 0, bytes.length, true, rules)
  if (found.outcome !== 'record' || found.next < bytes.length) return undefined
  // A carriage return inside of a record ends nothing.
  const [values] = parseSample(raw.replaceAll('\r', standIn), form, 1, true).records
  return values?.map((value) => value.replaceAll(standIn, '\r'))
}

const standIn = '\uE0D5'

/** Values by the names of the columns; undefined unless there is one for each. Nothing more may follow than empty values. */
export function csvRow(
  values: readonly string[],
  header: readonly string[],
  { nullText }: CsvForm,
): Readonly<Record<string, string | null>> | undefined {
  const fits = values.length === header.length || isPadded(values, header.length)
  return fits ? looseRow(values, header, nullText) : undefined
}

function isPadded(values: readonly string[], columns: number): boolean {
  return values.length > columns && values.slice(columns).every((value) => value === '')
}

/** As many values as there are: for a row that is mended. */
export function looseRow(
  values: readonly string[],
  header: readonly string[],
  nullText: readonly string[],
): Readonly<Record<string, string | null>> {
  const nulls = new Set(['', ...nullText])
  return Object.fromEntries(
    header.map((name, i) => {
      const value = values[i]
      return [name, value === undefined || nulls.has(value) ? null : value]
    }),
  )
}

/** A row as one line of CSV: commas, and quotes around every value. */
export function csvLine(row: Readonly<Record<string, unknown>>, header: readonly string[]): string {
  const unknown = Object.keys(row).find((name) => !header.includes(name))
  if (unknown !== undefined)
    throw new SluiceError('LOAD_ROW_INVALID', {
      problem: `fix gives the column '${unknown}', which the source has not; it has ${header.join(', ')}`,
    })
  const texts = header.map((name) => quoted(row[name]))
  // A line without anything would be no record.
  return `${texts.every((text) => text === '') ? '""' + ','.repeat(header.length - 1) : texts.join(',')}\n`
}

function quoted(value: unknown): string {
  const text = textOf(value)
  return text === '' ? '' : `"${text.replaceAll('"', '""')}"`
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? '')
}
