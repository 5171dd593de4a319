import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from './print.ts'
import { tableLines, type Cell, type Column } from './table.ts'
import { pageOf, terminalOf } from './terminal.ts'

/** How a list of one kind of thing is shown to people. */
export interface ListView<T> {
  readonly columns: readonly Column[]
  readonly row: (item: T) => readonly Cell[]
  /** Said when there is nothing: what to do to have one. */
  readonly empty: string
}

/** Prints a whole list: as a table, or as the API's page with `json`. */
export function showList<T>(items: readonly T[], view: ListView<T>, json: boolean, io: CliIo): number {
  if (json) printJson(io, { items, next: null })
  else if (items.length === 0) io.stdout.write(`${view.empty}\n`)
  else {
    const rows = items.map((item) => view.row(item))
    io.stdout.write(`${tableLines(view.columns, rows, pageOf(io)).join('\n')}\n`)
  }
  return exitCodes.ok
}

/** Prints one thing: as lines for people, or whole with `json`. */
export function showOne(value: unknown, lines: () => readonly string[], json: boolean, io: CliIo): number {
  if (json) printJson(io, value)
  else io.stdout.write(`${lines().join('\n')}\n`)
  return exitCodes.ok
}

/** `name   value` lines with the values below each other; what has no value is left out. */
export function factLines(facts: readonly (readonly [name: string, value: string | undefined])[], io: CliIo): string[] {
  const { paint } = terminalOf(io)
  const told = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined && fact[1] !== '')
  const width = Math.max(...told.map(([name]) => name.length))
  return told.map(([name, value]) => `${paint('dim', name.padEnd(width))}  ${value}`)
}

/** A cell with text; absent values are empty cells. */
export function cell(value: string | number | null | undefined, style?: Cell['style']): Cell {
  const text = value === null || value === undefined ? '' : String(value)
  return style === undefined ? { text } : { text, style }
}
