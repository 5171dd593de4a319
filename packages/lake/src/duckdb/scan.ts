import { SluiceError } from '@sluice/core'
import type { ScanEntry } from '../format/packed-manifest.ts'
import { fieldsById } from '../format/schema-fields.ts'
import type { Field, Schema } from '../format/schema.ts'
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
  /** Absolute path of a file that metadata names by URL. */
  readonly localPath: (url: string) => Promise<string>
}

export interface Scan {
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
  requireSameMembers(source)
  const of = (content: number): readonly ScanEntry[] => source.entries.filter((entry) => entry.file.content === content)
  const [equality] = of(2)
  if (equality)
    throw new SluiceError('LAKE_FORMAT_UNSUPPORTED', {
      problem: `${equality.file.path} deletes rows by their values`,
    })
  const [rows, deletes] = await Promise.all([localFiles(of(0), source), localFiles(of(1), source)])
  const { schema } = source
  if (rows.length === 0) return { item: emptyItem(schema), files: [] }
  const files = [...rows, ...deletes].map(({ local }) => local)
  const columns = schema.fields.map(({ name }) => identifier(name)).join(', ')
  const read = readSql(rows, schema.fields)
  if (deletes.length === 0) return { item: `(SELECT ${columns} FROM ${read})`, files }
  return { item: `(SELECT ${columns} FROM ${read} AS r WHERE NOT EXISTS (${deletedSql(rows, deletes)}))`, files }
}

function localFiles(entries: readonly ScanEntry[], source: ScanSource): Promise<readonly LocalFile[]> {
  return Promise.all(
    entries.map(async ({ file, sequenceNumber }) => ({
      url: file.path,
      local: await source.localPath(file.path),
      sequenceNumber: sequenceNumber ?? 0,
    })),
  )
}

function readSql(files: readonly LocalFile[], fields: readonly Field[]): string {
  const columns = fields.map(
    ({ id, name, type }) => `${id}: {name: ${literal(name)}, type: ${literal(duckdbType(type))}, default_value: NULL}`,
  )
  return `read_parquet(${literals(files.map(({ local }) => local))}, schema = MAP {${columns.join(', ')}})`
}

/** A table without a file: it still has its columns. */
function emptyItem({ fields }: Schema): string {
  const columns = fields.map(({ name, type }) => `NULL::${duckdbType(type)} AS ${identifier(name)}`)
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
