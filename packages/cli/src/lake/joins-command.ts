import type { JoinPath, TableJoin } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { terminalOf } from '../output/terminal.ts'
import { withLakeOf } from './with-lake.ts'

/** `sluice lake joins <table> [other]`: what it can be joined with; with another table the SQL. */
export async function showJoins(
  table: string,
  other: string | undefined,
  { json }: { readonly json: boolean },
  io: CliIo,
): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    if (other === undefined) {
      const joins = await lake.joinsOf(table)
      return showOne({ table, joins }, () => joinsText(table, joins, io), json, io)
    }
    const paths = await lake.joinPaths(table, other)
    return showOne({ table, other, paths }, () => pathsText(table, other, paths, io), json, io)
  })
}

/** `zone_id → bronze.zones.id` */
export function joinText({ to, on }: TableJoin): string {
  return on.map((pair) => `${pair.from} → ${to}.${pair.to}`).join(' and ')
}

function joinsText(table: string, joins: readonly TableJoin[], io: CliIo): readonly string[] {
  const { paint } = terminalOf(io)
  if (joins.length === 0) return nothingKnown(`Nothing is known that ${table} could be joined with.`)
  return joins.map((join) => {
    const text = join.from === table ? joinText(join) : `${join.from}.${joinText(join)}`
    return join.declared ? text : `${text}  ${paint('dim', 'by its name')}`
  })
}

function pathsText(table: string, other: string, paths: readonly JoinPath[], io: CliIo): readonly string[] {
  if (paths.length === 0) return nothingKnown(`Nothing is known by which ${table} and ${other} could be joined.`)
  const { paint } = terminalOf(io)
  return paths.flatMap(({ joins, sql }, index) => [
    ...(index === 0 ? [] : ['']),
    ...(joins.every(({ declared }) => declared)
      ? []
      : [paint('dim', '-- by the names of columns: nobody has said that they belong together')]),
    sql,
  ])
}

const nothingKnown = (what: string): readonly string[] => [
  what,
  "Say what a column refers to: table('…', { references: { zone_id: zones.col('id') } }), or give tables a key.",
]
