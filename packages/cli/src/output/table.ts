import { clipText, textWidth, type Paint, type Style } from '@sluice/engine/report'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** May be cut when the table is too wide, the one with the highest number first. Left out: never cut. */
  readonly give?: number
  /** May be left out where cutting does not suffice, the one with the highest number first. Left out: always shown. */
  readonly drop?: number
}

export interface Cell {
  readonly text: string
  readonly style?: Style
}

const gap = 2
const least = 6

/** Rows as aligned text lines that fit `width` columns, as far as columns may give way. Columns without any text are left out. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { readonly width: number; readonly paint: Paint },
): string[] {
  const used = columns.map((_, i) => i).filter((i) => rows.length === 0 || rows.some((row) => textAt(row, i) !== ''))
  const kept = roomFor(columns, rows, used, options.width)
  const shown = pick(columns, kept)
  const body = rows.map((row) => kept.map((i): Cell => row[i] ?? { text: '' }))
  const all = [headOf(shown), ...body]
  const widths = fit(shown, all, options.width)
  return all.map((row) => rowLine(shown, row, widths, options.paint))
}

/** Those of the columns that fit when all that may be cut is cut. */
function roomFor(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  used: readonly number[],
  width: number,
): readonly number[] {
  const shown = pick(columns, used)
  const cells = [headOf(shown), ...rows.map((row) => used.map((i): Cell => row[i] ?? { text: '' }))]
  const taken = fit(shown, cells, width).reduce((sum, each) => sum + each + gap, -gap)
  const drops = used.filter((i) => columns[i]?.drop !== undefined)
  const [first] = drops.toSorted((a, b) => (columns[b]?.drop ?? 0) - (columns[a]?.drop ?? 0))
  if (taken <= width || first === undefined) return used
  return roomFor(
    columns,
    rows,
    used.filter((i) => i !== first),
    width,
  )
}

function pick(columns: readonly Column[], indexes: readonly number[]): readonly Column[] {
  return indexes.flatMap((i) => columns[i] ?? [])
}

function headOf(columns: readonly Column[]): readonly Cell[] {
  return columns.map((column): Cell => ({ text: column.title, style: 'dim' }))
}

function textAt(row: readonly Cell[], i: number): string {
  return row[i]?.text ?? ''
}

function fit(columns: readonly Column[], rows: readonly (readonly Cell[])[], width: number): number[] {
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => textWidth(row[i]?.text ?? ''))))
  const giving = columns.map((column, i) => ({ i, give: column.give ?? 0 })).filter((each) => each.give > 0)
  giving.sort((a, b) => b.give - a.give)
  let over = widths.reduce((sum, each) => sum + each + gap, -gap) - width
  for (const { i } of giving) {
    const before = widths[i] ?? 0
    const after = Math.max(Math.min(before, least), before - Math.max(0, over))
    widths[i] = after
    over -= before - after
  }
  return widths
}

function rowLine(columns: readonly Column[], row: readonly Cell[], widths: readonly number[], paint: Paint): string {
  const cells = columns.map((column, i) => {
    const width = widths[i] ?? 0
    const cell = row[i] ?? { text: '' }
    const text = clipText(cell.text, width)
    const pad = ' '.repeat(width - textWidth(text))
    return column.align === 'right' ? pad + paint(cell.style, text) : paint(cell.style, text) + pad
  })
  return cells.join(' '.repeat(gap)).trimEnd()
}
