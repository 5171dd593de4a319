import { countText, progressText, type Paint } from '@sluice/engine/report'
import type { Artifact } from '@sluice/store'
import { stripVTControlCharacters } from 'node:util'
import { tableLines, type Cell, type Column } from './table.ts'

type Row = Readonly<Record<string, unknown>>

/** Rows of one table that are printed; all of them are in `--json`. */
const rowsShown = 50

/** The content of an artifact for a terminal: a table as a table, markdown as it was written, a link, a progress. */
export function artifactLines(
  { kind, data }: Pick<Artifact, 'kind' | 'data'>,
  terminal: { readonly width: number; readonly paint: Paint },
): string[] {
  if (kind === 'table') return tableText(data, terminal)
  if (kind === 'link') {
    const parts = new Set([data['text'], data['url']].filter((part) => typeof part === 'string'))
    return [[...parts].map(clean).join('  ')]
  }
  if (kind === 'markdown') return markdownLines(data['markdown'])
  const { done, total, label } = data
  const known = {
    ...(typeof total === 'number' ? { total } : {}),
    ...(typeof label === 'string' ? { label: clean(label) } : {}),
  }
  return typeof done === 'number' ? [progressText({ done, ...known })] : []
}

function markdownLines(text: unknown): string[] {
  return typeof text === 'string' ? text.trim().split('\n').map(clean) : []
}

function tableText(data: Row, terminal: { readonly width: number; readonly paint: Paint }): string[] {
  const rows = Array.isArray(data['rows']) ? data['rows'].filter(isRow) : []
  const names = Array.isArray(data['columns']) ? data['columns'].map(String) : Object.keys(rows[0] ?? {})
  const columns = names.map((name, i): Column => {
    const numeric = rows.every((row) => ['number', 'undefined'].includes(typeof (row[name] ?? undefined)))
    return { title: clean(name), align: numeric ? 'right' : 'left', give: i + 1 }
  })
  const cells = rows.slice(0, rowsShown).map((row) => names.map((name): Cell => ({ text: cellText(row[name]) })))
  const more = rows.length > rowsShown ? [`… ${countText(rows.length - rowsShown)} more rows (--json has all)`] : []
  return [...tableLines(columns, cells, terminal), ...more]
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return clean(typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ')
}

/** An escape sequence in recorded data must not drive the terminal. */
function clean(text: string): string {
  return stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]+/g, ' ')
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null
}
