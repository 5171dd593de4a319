import { clipText, textWidth } from '@sluice/engine/report'
import type { CliIo } from '../io.ts'
import { jsonSafe } from '../output/print.ts'
import { type Cell, type Column, tableLines } from '../output/table.ts'
import { pageOf } from '../output/terminal.ts'

type Row = Readonly<Record<string, unknown>>

const gap = 2
/** No value takes more of a terminal's line than this. */
const widest = 40

/** Rows of any table as lines that fit the terminal. Columns that do not fit are named below, not left out silently. */
export function rowLines(columns: readonly string[], rows: readonly Row[], io: CliIo): readonly string[] {
  const { width, paint } = pageOf(io)
  const cells = rows.map((row) => columns.map((column) => valueCell(row[column], width)))
  const kept = fitting(columns, cells, width)
  const shown = columns.slice(0, kept).map((title, i): Column => {
    const align = rows.every((row) => isNumber(row[title])) ? 'right' : 'left'
    return i === 0 ? { title, align, give: 1 } : { title, align }
  })
  const left = columns.slice(kept)
  const more = left.length === 0 ? [] : [paint('dim', clipText(`and ${left.length} more: ${left.join(', ')}`, width))]
  const table = tableLines(
    shown,
    cells.map((row) => row.slice(0, kept)),
    { width, paint },
  )
  return [...table, ...more]
}

function fitting(columns: readonly string[], rows: readonly (readonly Cell[])[], width: number): number {
  let taken = -gap
  for (const [i, title] of columns.entries()) {
    taken += gap + Math.max(textWidth(title), ...rows.map((row) => textWidth(row[i]?.text ?? '')))
    if (taken > width) return Math.max(i, 1)
  }
  return columns.length
}

function valueCell(value: unknown, width: number): Cell {
  if (value === null || value === undefined) return { text: 'null', style: 'dim' }
  const text = oneLine(valueText(value))
  return { text: width === Infinity ? text : clipText(text, widest) }
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Date)
    return value
      .toISOString()
      .replace('T', ' ')
      .replace(/\.000Z$|Z$/, '')
  if (ArrayBuffer.isView(value))
    return `0x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  return typeof value === 'bigint' ? String(value) : JSON.stringify(jsonSafe(value))
}

/** Line breaks and control characters would tear the table. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1))
}

function isNumber(value: unknown): boolean {
  return value === null || typeof value === 'number' || typeof value === 'bigint'
}
