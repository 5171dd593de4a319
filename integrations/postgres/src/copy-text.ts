import { SluiceError } from '@sluice/core'
import { UnstorableValue, valueText } from './value-text.ts'

/** One row in COPY's text format, with its line end. `rowNumber` counts from 1 and is only for errors. */
export function copyLine(row: readonly unknown[], columns: readonly string[], rowNumber: number): string {
  if (row.length !== columns.length) {
    throw badRow(rowNumber, `it has ${row.length} values for ${columns.length} columns (${columns.join(', ')})`)
  }
  let line = ''
  for (let index = 0; index < row.length; index++) {
    if (index > 0) line += '\t'
    const value = row[index]
    // Nearly every value of a data file: no call, no check.
    if (typeof value === 'number' && value !== 0) line += value
    else line += field(value, columns[index], rowNumber)
  }
  return `${line}\n`
}

const special = /[\\\t\n\r]/
const specials = /[\\\t\n\r]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function field(value: unknown, column: string | undefined, rowNumber: number): string {
  const text = textOf(value, column, rowNumber)
  if (text === null) return '\\N'
  return special.test(text) ? text.replace(specials, (character) => escapes[character] ?? character) : text
}

function textOf(value: unknown, column: string | undefined, rowNumber: number): string | null {
  try {
    return valueText(value)
  } catch (error) {
    if (error instanceof UnstorableValue)
      throw badRow(rowNumber, `the value of column "${column}" cannot be stored: ${error.message}`, column)
    throw error
  }
}

function badRow(rowNumber: number, problem: string, column?: string): SluiceError {
  return new SluiceError('DATABASE_QUERY', {
    problem: `row ${rowNumber}: ${problem}`,
    row: rowNumber,
    ...(column === undefined ? {} : { column }),
  })
}
