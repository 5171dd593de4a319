import type { TableDiff } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { terminalOf } from '../output/terminal.ts'
import { rowLines } from './row-lines.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly key: readonly string[] | undefined
  readonly json: boolean
}

/** `sluice lake diff <table> <from> [to]`: what happened between two versions. */
export async function showDiff(
  table: string,
  from: string,
  to: string | undefined,
  { key, json }: Flags,
  io: CliIo,
): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    const versions = { from, ...(to !== undefined && { to }) }
    const diff = await lake.diffTable(table, { ...versions, ...(key && { key }) })
    return showOne(diff, () => diffText(diff, io), json, io)
  })
}

function diffText(diff: TableDiff, io: CliIo): readonly string[] {
  const { paint } = terminalOf(io)
  const { schema, rows, added, removed, changed, samples, key } = diff
  const byKey = key.length === 0 ? '' : `, told apart by ${key.join(', ')}`
  const lines = [
    `${counted(rows.before)} → ${counted(rows.after)} rows${byKey}`,
    `  ${counted(added)} added, ${counted(removed)} removed${key.length === 0 ? '' : `, ${counted(changed)} changed`}`,
  ]
  const section = (title: string, body: readonly string[]): readonly string[] =>
    body.length === 0 ? [] : ['', paint('bold', title), ...body]
  const listed = (some: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
    some.length === 0 ? [] : rowLines(Object.keys(some[0] ?? {}), some, io)
  return [
    ...lines,
    ...section(
      'columns',
      schema.map((change) => `  ${change}`),
    ),
    ...section('added', listed(samples.added)),
    ...section('removed', listed(samples.removed)),
    ...section(
      'changed',
      samples.changed.map(({ before, after }) => `  ${changeText(before, after, key)}`),
    ),
  ]
}

type Row = Readonly<Record<string, unknown>>

/** `id 2: name Bob → Bobby` */
function changeText(before: Row, after: Row, key: readonly string[]): string {
  const names = Object.keys(after).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  const changes = names.map((name) => `${name} ${valueText(before[name])} → ${valueText(after[name])}`)
  const masked = changes.length === 0 ? ['values that are not shown'] : changes
  return `${key.map((name) => `${name} ${valueText(after[name])}`).join(', ')}: ${masked.join(', ')}`
}

const valueText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null'))

const counted = (n: number): string => n.toLocaleString('en-US')
