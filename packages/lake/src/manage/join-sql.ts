import { identifier } from '../duckdb/quote.ts'
import type { TableJoin } from './find-joins.ts'

/** Words that DuckDB takes for its own where a name could stand. */
const reserved = new Set(
  `all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default deferrable desc
  describe distinct do else end except false fetch for foreign from group having in initially intersect into lambda lateral leading limit
  not null offset on only or order pivot pivot_longer pivot_wider placing primary qualify references returning select show some summarize
  symmetric table then to trailing true union unique unpivot using variadic when where window with`.split(/\s+/),
)

/** A name as people write it: quoted only where it must be. */
const written = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : identifier(name)

const tableText = (name: string): string => name.split('.').map(written).join('.')

/** The SELECT that joins a table along a path. Tables get the first letter of their name, and a number where that is taken. */
export function joinSql(table: string, path: readonly TableJoin[]): string {
  const aliases = new Map<string, string>()
  const aliasOf = (name: string): string => {
    const known = aliases.get(name)
    if (known !== undefined) return known
    const letter = name.charAt(name.indexOf('.') + 1)
    const taken = [...aliases.values()].filter((alias) => alias.startsWith(letter)).length
    const alias = taken === 0 ? letter : `${letter}${taken + 1}`
    aliases.set(name, alias)
    return alias
  }
  const first = `from ${tableText(table)} ${aliasOf(table)}`
  const joins = path.map(({ from, to, on }) => {
    const next = aliases.has(from) ? to : from
    const name = `${tableText(next)} ${aliasOf(next)}`
    const conditions = on.map((pair) => `${aliasOf(from)}.${written(pair.from)} = ${aliasOf(to)}.${written(pair.to)}`)
    return `join ${name} on ${conditions.join(' and ')}`
  })
  return ['select *', first, ...joins].join('\n')
}
