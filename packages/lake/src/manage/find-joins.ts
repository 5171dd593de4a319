import { SluiceError } from '@sluice/core'
import type { Schema } from '../format/schema.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import type { OpenLake } from '../table/lake.ts'
import { quarantineNamespace } from '../catalog/lake-paths.ts'
import { tableNotFound } from '../catalog/table-not-found.ts'
import { typeText } from './column-facts.ts'
import { joinSql } from './join-sql.ts'

/** How two tables belong together: rows of one name a row of the other. */
export interface TableJoin {
  readonly from: string
  readonly to: string
  readonly on: readonly JoinedColumns[]
  /** False: nobody has said so; columns are called like the other table's key, and have its type. */
  readonly declared: boolean
}

export interface JoinedColumns {
  readonly from: string
  readonly to: string
}

/** A way from one table to another. */
export interface JoinPath {
  readonly joins: readonly TableJoin[]
  readonly sql: string
}

/** So many tables may be between two that are joined. */
const mostBetween = 2
const mostPaths = 10

/** What a table can be joined with, in either direction: what is declared first. Throws `TABLE_NOT_FOUND`. */
export async function joinsOf(lake: OpenLake, table: string): Promise<readonly TableJoin[]> {
  const joins = await allJoins(lake, [table])
  return inOrder(joins.filter(({ from, to }) => from === table || to === table))
}

/** The shortest ways to join two tables, with their SQL: ways that are declared, or else ways by names. Throws `TABLE_NOT_FOUND`. */
export async function joinPaths(lake: OpenLake, table: string, other: string): Promise<readonly JoinPath[]> {
  if (table === other)
    throw new SluiceError('OPTION_INVALID', { option: 'other', problem: 'a table is joined with another one' })
  const joins = await allJoins(lake, [table, other])
  const declared = pathsOver(
    joins.filter((join) => join.declared),
    table,
    other,
  )
  const paths = declared.length > 0 ? declared : pathsOver(joins, table, other)
  return paths.slice(0, mostPaths).map((path) => ({ joins: path, sql: joinSql(table, path) }))
}

/** What a table says that its columns refer to. */
export function declaredJoins(table: string, { properties }: TableMetadata): readonly TableJoin[] {
  const text = properties?.['sluice.references']
  const references = text === undefined ? {} : (JSON.parse(text) as Record<string, { table: string; column: string }>)
  return Object.entries(references).map(([from, { table: to, column }]): TableJoin => {
    return { from: table, to, on: [{ from, to: column }], declared: true }
  })
}

interface Described {
  readonly name: string
  readonly metadata: TableMetadata
  /** Types by column. */
  readonly columns: ReadonlyMap<string, string>
  readonly key: readonly string[]
}

async function allJoins(lake: OpenLake, wanted: readonly string[]): Promise<readonly TableJoin[]> {
  const pointers = (await lake.catalog.list()).filter(({ name }) => !name.startsWith(quarantineNamespace))
  for (const name of wanted)
    if (!pointers.some((pointer) => pointer.name === name)) throw await tableNotFound(lake.catalog, name)
  const tables = await Promise.all(
    pointers.map(async (pointer) => described(pointer.name, await lake.catalog.metadata(pointer))),
  )
  const names = new Set(tables.map(({ name }) => name))
  const declared = tables
    .flatMap(({ name, metadata }) => declaredJoins(name, metadata))
    .filter(({ to }) => names.has(to))
  const pairs = new Set(declared.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]))
  const named = tables.flatMap((from) => tables.flatMap((to) => (from === to ? [] : joinByName(from, to))))
  return [...declared, ...named.filter(({ from, to }) => !pairs.has(`${from} ${to}`))]
}

function described(name: string, metadata: TableMetadata): Described {
  const schema: Schema | undefined = metadata.schemas.find(
    (each) => each['schema-id'] === metadata['current-schema-id'],
  )
  const key = metadata.properties?.['sluice.key']
  return {
    name,
    metadata,
    columns: new Map(schema?.fields.map((field) => [field.name, typeText(field.type)])),
    key: key === undefined ? [] : (JSON.parse(key) as readonly string[]),
  }
}

/**
 * Columns that are called as the key of the other table is, and have its type: `zone_id` where the table `zones` has the key `id`, or
 * `location_id` and `pickup_location_id` where the key is `location_id`. `id` alone says nothing.
 */
function joinByName(from: Described, to: Described): readonly TableJoin[] {
  const fits = (pair: JoinedColumns): boolean =>
    from.columns.has(pair.from) && from.columns.get(pair.from) === to.columns.get(pair.to)
  const ways = namedWays(from, to).filter((way) => way.every(fits))
  return ways.map((on) => ({ from: from.name, to: to.name, on, declared: false }))
}

function namedWays(from: Described, to: Described): readonly (readonly JoinedColumns[])[] {
  const [only, ...more] = to.key
  if (only === undefined) return []
  const same = to.key.map((column) => ({ from: column, to: column }))
  // Of two tables with one key each row is the other's: one of the two directions says it.
  const twice = String(from.key) === String(to.key) && from.name > to.name
  if (more.length > 0) return twice ? [] : [same]
  const base = to.name.slice(to.name.indexOf('.') + 1)
  const called = new Set(only === 'id' ? [`${base}_id`, `${base.replace(/s$/, '')}_id`] : [])
  const ending = only === 'id' ? undefined : `_${only}`
  const columns = [...from.columns.keys()].filter((name) => called.has(name) || (ending && name.endsWith(ending)))
  const ways = columns.map((name) => [{ from: name, to: only }])
  return only === 'id' || twice ? ways : [...ways, same]
}

/** All shortest paths. A table is joined once at most: a way through itself is none. */
function pathsOver(joins: readonly TableJoin[], table: string, other: string): readonly (readonly TableJoin[])[] {
  interface Way {
    readonly at: string
    readonly path: readonly TableJoin[]
    readonly seen: readonly string[]
  }
  let ways: readonly Way[] = [{ at: table, path: [], seen: [table] }]
  for (let steps = 0; steps <= mostBetween; steps += 1) {
    ways = ways.flatMap(({ at, path, seen }) =>
      inOrder(joins).flatMap((join): Way[] => {
        const next = join.from === at ? join.to : join.to === at ? join.from : undefined
        return next === undefined || seen.includes(next)
          ? []
          : [{ at: next, path: [...path, join], seen: [...seen, next] }]
      }),
    )
    const found = ways.filter(({ at }) => at === other)
    if (found.length > 0) return found.map(({ path }) => path)
  }
  return []
}

function inOrder(joins: readonly TableJoin[]): readonly TableJoin[] {
  const place = ({ declared, from, to, on }: TableJoin): string => JSON.stringify([declared ? 0 : 1, from, to, on])
  return joins.toSorted((one, two) => (place(one) < place(two) ? -1 : 1))
}
