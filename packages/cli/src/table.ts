import { clipText, textWidth, type Paint, type Style } from '@sluice/engine/report'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** May be cut when the table is too wide, the one with the highest number first. Left out: never cut. */
  readonly give?: number
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
  const used = columns.map((_, i) => rows.length === 0 || rows.some((row) => (row[i]?.text ?? '') !== ''))
  const shown = columns.filter((_, i) => used[i])
  const body = rows.map((row) => row.filter((_, i) => used[i]))
  const head = shown.map((column): Cell => ({ text: column.title, style: 'dim' }))
  const widths = fit(shown, [head, ...body], options.width)
  return [head, ...body].map((row) => rowLine(shown, row, widths, options.paint))
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
