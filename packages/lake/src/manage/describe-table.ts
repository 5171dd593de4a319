import type { LoadEntry } from '../catalog/lake-catalog.ts'
import { fieldsById } from '../format/schema-fields.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import type { OpenLake } from '../table/lake.ts'
import { quarantineOf } from '../table/quarantine-table.ts'
import { type FoundView, findView } from '../table/read-rows.ts'
import { type ColumnFacts, columnFacts } from './column-facts.ts'
import { declaredJoins, type TableJoin } from './find-joins.ts'
import { type TableSummary, tableSummary } from './list-tables.ts'

/** All that is known of a table, without its rows. */
export interface TableDetails extends TableSummary {
  readonly schema: readonly ColumnFacts[]
  /** `day(pickup_at)`. */
  readonly partitionBy: readonly string[]
  readonly key: readonly string[]
  readonly tags: readonly string[]
  /** What its columns refer to, by its author: what it can be joined with. More ways are known to `joinsOf`. */
  readonly joins: readonly TableJoin[]
  readonly refs: readonly TableRef[]
  readonly snapshot: string | undefined
  /** Of the current metadata file: what PyIceberg and DuckDB read in place. */
  readonly metadataLocation: string
  /** The table with the rows that did not fit; undefined: all of them did. */
  readonly quarantine: string | undefined
  /** Newest first. */
  readonly loads: readonly TableLoad[]
}

export interface TableRef {
  readonly name: string
  readonly kind: 'branch' | 'tag'
  readonly snapshot: string
}

export interface TableLoad extends Pick<LoadEntry, 'id' | 'operation' | 'state' | 'source' | 'counts'> {
  readonly at: string | undefined
  readonly run: string | undefined
}

/** So many loads are told of a table. */
const loadsTold = 10

/** Throws `TABLE_NOT_FOUND`. */
export async function describeTable(lake: OpenLake, name: string): Promise<TableDetails> {
  const view = await findView(lake, name, undefined)
  const { pointer, metadata, schema, snapshot } = view
  const rejected = await lake.catalog.find(quarantineOf(name))
  const loads = await lake.catalog.loads(pointer.id, { limit: loadsTold })
  return {
    ...tableSummary(pointer, metadata),
    schema: columnFacts(schema),
    partitionBy: partitionsOf(view),
    key: listIn(metadata, 'sluice.key'),
    tags: listIn(metadata, 'sluice.tags'),
    joins: declaredJoins(name, metadata),
    refs: refsOf(metadata),
    snapshot: snapshot && String(snapshot['snapshot-id']),
    metadataLocation: lake.storage.addressOf(pointer.metadataKey),
    quarantine: rejected?.name,
    loads: loads.map(tableLoad),
  }
}

function partitionsOf({ metadata }: FoundView): readonly string[] {
  const spec = metadata['partition-specs'].find((each) => each['spec-id'] === metadata['default-spec-id'])
  const names = new Map(metadata.schemas.flatMap((schema) => [...fieldsById(schema)]))
  return (spec?.fields ?? []).map(({ 'source-id': id, transform }) => {
    const column = names.get(id)?.path ?? String(id)
    const [, kind = transform, width] = /^(\w+)\[(\d+)\]$/.exec(transform) ?? []
    return kind === 'identity' ? column : `${kind}(${[column, ...(width === undefined ? [] : [width])].join(', ')})`
  })
}

function listIn({ properties }: TableMetadata, name: string): readonly string[] {
  const text = properties?.[name]
  return text === undefined ? [] : (JSON.parse(text) as readonly string[])
}

export function refsOf({ refs = {} }: TableMetadata): readonly TableRef[] {
  return Object.entries(refs).map(([name, { type: kind, 'snapshot-id': id }]) => ({ name, kind, snapshot: String(id) }))
}

function tableLoad({ id, operation, state, source, counts, at, rootId }: LoadEntry): TableLoad {
  const time = at === undefined ? undefined : new Date(at / 1000).toISOString()
  return { id, operation, state, source, counts, at: time, run: rootId }
}
