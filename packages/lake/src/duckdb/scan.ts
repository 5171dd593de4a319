import { SluiceError } from '@sluice/core'
import type { ScanEntry } from '../format/packed-manifest.ts'
import { fieldsById } from '../format/schema-fields.ts'
import type { Field, Schema } from '../format/schema.ts'
import type { LentFiles } from '../storage/lake-storage.ts'
import { duckdbType } from './duckdb-types.ts'
import { identifier, literal, literals } from './quote.ts'

/** A snapshot's files, or those of them that may hold what is looked for. */
export interface ScanSource {
  /** Live ones only: of rows, and of deletes. */
  readonly entries: readonly ScanEntry[]
  /** What the columns are to be called, and of which types. */
  readonly schema: Schema
  /** All schemas that the table has had. */
  readonly schemas: readonly Schema[]
  /** Absolute paths of the files, in the order of the entries, until they are given back. */
  readonly lent: LentFiles
  /** Every file of rows has just the schema's columns: see `arePlain`. */
  readonly plain?: boolean
  /** A further column: the absolute path of the file that the row is in. */
  readonly fileColumn?: string
}

/** Its disposal gives the files back: of a lake in a bucket, they are only there until then. */
export interface Scan extends AsyncDisposable {
  /** What stands behind FROM: a bracket with the table's columns. It needs nothing of a session. */
  readonly item: string
  /** Absolute paths of all files that it reads. */
  readonly files: readonly string[]
}

interface LocalFile {
  readonly url: string
  readonly local: string
  readonly sequenceNumber: number
}

/**
 * SQL that reads the files as the table is: columns are found by their field ids, whatever they were called when they were
 * written; what a file does not have is null; narrower types are widened; rows that another engine has deleted by position are
 * left out.
 *
 * Throws `LAKE_FORMAT_UNSUPPORTED` for equality deletes, and for members of structs that were renamed: DuckDB finds those by name.
 */
export async function scanSql(source: ScanSource): Promise<Scan> {
  const { schema, lent, fileColumn } = source
  const giveBack = async (): Promise<void> => lent[Symbol.asyncDispose]()
  try {
    requireReadable(source)
  } catch (error) {
    await giveBack()
    throw error
  }
  const files = source.entries.map(({ file, sequenceNumber }, index) => ({
    content: file.content,
    url: file.path,
    local: lent.paths[index] ?? '',
    sequenceNumber: sequenceNumber ?? 0,
  }))
  const rows = files.filter(({ content }) => content === 0)
  const deletes = files.filter(({ content }) => content === 1)
  if (rows.length === 0) return { item: emptyItem(schema, fileColumn), files: [], [Symbol.asyncDispose]: giveBack }
  return {
    item:
      source.plain === true && deletes.length === 0
        ? plainItem(source, rows)
        : scanItem(schema, fileColumn, rows, deletes),
    files: [...rows, ...deletes].map(({ local }) => local),
    [Symbol.asyncDispose]: giveBack,
  }
}

function requireReadable(source: ScanSource): void {
  requireSameMembers(source)
  const equality = source.entries.find(({ file }) => file.content === 2)
  if (equality)
    throw new SluiceError('LAKE_FORMAT_UNSUPPORTED', {
      problem: `${equality.file.path} deletes rows by their values`,
    })
}

/** By name, which DuckDB does with all threads. */
function plainItem({ schema, fileColumn }: ScanSource, rows: readonly LocalFile[]): string {
  const paths = literals(rows.map(({ local }) => local))
  return `(SELECT ${columnsSql(schema, fileColumn)} FROM read_parquet(${paths}, hive_partitioning = false))`
}

function columnsSql({ fields }: Schema, fileColumn: string | undefined): string {
  const names = fields.map(({ name }) => identifier(name))
  return [...names, ...(fileColumn === undefined ? [] : [`filename AS ${identifier(fileColumn)}`])].join(', ')
}

function scanItem(
  schema: Schema,
  fileColumn: string | undefined,
  rows: readonly LocalFile[],
  deletes: readonly LocalFile[],
): string {
  const columns = columnsSql(schema, fileColumn)
  const read = readSql(rows, schema.fields)
  if (deletes.length === 0) return `(SELECT ${columns} FROM ${read})`
  return `(SELECT ${columns} FROM ${read} AS r WHERE NOT EXISTS (${deletedSql(rows, deletes)}))`
}

function readSql(files: readonly LocalFile[], fields: readonly Field[]): string {
  const columns = fields.map(
    ({ id, name, type }) => `${id}: {name: ${literal(name)}, type: ${literal(duckdbType(type))}, default_value: NULL}`,
  )
  return `read_parquet(${literals(files.map(({ local }) => local))}, schema = MAP {${columns.join(', ')}})`
}

/** A table without a file: it still has its columns. */
function emptyItem({ fields }: Schema, fileColumn: string | undefined): string {
  const columns = fields.map(({ name, type }) => `NULL::${duckdbType(type)} AS ${identifier(name)}`)
  if (fileColumn !== undefined) columns.push(`NULL::VARCHAR AS ${identifier(fileColumn)}`)
  return `(SELECT ${columns.join(', ')} WHERE false)`
}

/** The columns of files of position deletes, with the ids that the specification reserves for them. */
const deletedPath: Field = { id: 2_147_483_546, name: 'file_path', required: true, type: 'string' }
const deletedPosition: Field = { id: 2_147_483_545, name: 'pos', required: true, type: 'long' }

/** A delete is for files that were there before it, or came with it. */
function deletedSql(rows: readonly LocalFile[], deletes: readonly LocalFile[]): string {
  const values = (files: readonly LocalFile[]): string =>
    files.map(({ url, local, sequenceNumber }) => `(${literal(url)}, ${literal(local)}, ${sequenceNumber})`).join(', ')
  return `SELECT 1 FROM (SELECT *, filename AS delete_file FROM ${readSql(deletes, [deletedPath, deletedPosition])}) AS d
    JOIN (VALUES ${values(deletes)}) AS e (url, local, seq) ON e.local = d.delete_file
    JOIN (VALUES ${values(rows)}) AS f (url, local, seq) ON f.url = d.file_path AND f.seq <= e.seq
    WHERE f.local = r.filename AND d.pos = r.file_row_number`
}

/** Columns are found by id, what is inside them by name: there a name must have meant one thing always. */
function requireSameMembers({ schema, schemas }: ScanSource): void {
  const ids = new Map<string, number>()
  const paths = new Map<number, string>()
  for (const each of [schema, ...schemas])
    for (const column of each.fields)
      for (const [id, place] of fieldsById({ type: 'struct', fields: [{ ...column, name: String(column.id) }] })) {
        if ((ids.get(place.path) ?? id) !== id || (paths.get(id) ?? place.path) !== place.path)
          throw new SluiceError('LAKE_FORMAT_UNSUPPORTED', {
            problem: `a member of the column '${column.name}' was renamed, or dropped and made anew`,
          })
        ids.set(place.path, id)
        paths.set(id, place.path)
      }
}
