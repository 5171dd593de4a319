import { SluiceError } from '@sluice/core'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { urlOf } from '../catalog/lake-paths.ts'
import type { DataFile, PartitionValue } from '../format/manifest.ts'
import { fixedLengthOf } from '../format/primitive-type.ts'
import type { Field, Schema } from '../format/schema.ts'
import type { PartitionSpec } from '../format/table-metadata.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { duckdbType, fieldIds } from './duckdb-types.ts'
import type { DuckSession } from './duck-session.ts'
import { fileStatistics, type StatisticsText } from './file-statistics.ts'
import { type PartitionKey, partitionKeys } from './partition-keys.ts'
import { identifier, literal } from './quote.ts'

/** Rows on their way into a table. */
export interface RowsToWrite {
  /** One SELECT whose columns are those of the schema, by name; each is cast to its type. */
  readonly select: string
  readonly schema: Schema
  readonly spec: PartitionSpec
  /** The key of the table's directory: files go into `data/` there. */
  readonly directory: string
  /** The table's `location`: its metadata names files by it. */
  readonly location: string
  /** Names the files, together with a number: no two writes share it. */
  readonly id: string
  /** Columns of texts that are written as the query has them, which may be as dictionaries (ENUM), and all texts that are in them. */
  readonly dictionaries?: ReadonlyMap<string, readonly string[]> | undefined
  /** Where a file ends, as DuckDB writes it. Default 256MB. Partitions have a file each, however large. */
  readonly fileSize?: string
}

/** Rows that are in Parquet files, on this machine only: nobody has seen them. */
export interface StagedRows extends AsyncDisposable {
  readonly rows: number
  /** Absolute paths of the staged files. */
  readonly files: readonly string[]
  /** Puts the files into the storage: what a manifest may name from then on. */
  put(): Promise<readonly DataFile[]>
}

interface StagedFile {
  readonly local: string
  readonly records: number
  readonly size: number
  readonly partition: readonly PartitionValue[]
  readonly statistics: StatisticsText
}

/**
 * Runs the query into Parquet files below the storage's staging directory, with the table's types and field ids, one file per
 * partition. An aborted or failed write leaves nothing but staged files, and takes those away.
 *
 * Throws `LAKE_QUERY_FAILED` when the query does, `LAKE_VALUE_UNSUPPORTED` for null in a required column.
 */
export async function stageDataFiles(
  session: DuckSession,
  storage: LakeStorage,
  rows: RowsToWrite,
): Promise<StagedRows> {
  const directory = path.join(storage.staging, `write-${rows.id}`)
  const dispose = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    await mkdir(directory, { recursive: true })
    const files = await copied(session, directory, rows)
    requireValues(files, rows.schema)
    return {
      rows: files.reduce((sum, file) => sum + file.records, 0),
      files: files.map(({ local }) => local),
      put: () => Promise.all(files.map((file, index) => putFile(storage, rows, file, index))),
      [Symbol.asyncDispose]: dispose,
    }
  } catch (cause) {
    await dispose()
    throw cause
  }
}

async function putFile(storage: LakeStorage, rows: RowsToWrite, file: StagedFile, index: number): Promise<DataFile> {
  const key = `${rows.directory}/data/${rows.id}-${index}.parquet`
  await storage.putFile(key, file.local, { ifAbsent: true })
  return {
    content: 0,
    path: urlOf(rows, key),
    format: 'PARQUET',
    partition: file.partition,
    records: file.records,
    size: file.size,
    ...fileStatistics(file.statistics, rows.schema, file.records, rows.dictionaries),
  }
}

interface StatisticsRow {
  readonly filename: string
  readonly count: number
  readonly file_size_bytes: number
  readonly column_statistics: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly partition_keys: ReadonlyMap<string, string | null> | null
}

async function copied(session: DuckSession, directory: string, rows: RowsToWrite): Promise<readonly StagedFile[]> {
  const keys = partitionKeys(rows.spec, rows.schema)
  const typed = `SELECT ${rows.schema.fields.map((field) => columnSql(field, rows)).join(', ')} FROM (${rows.select})`
  if (keys.length === 0) {
    const options = `FILE_SIZE_BYTES ${literal(rows.fileSize ?? '256MB')}`
    const files = await copy(session, typed, path.join(directory, 'rows'), rows.schema, options)
    return files.map((file) => staged(file, []))
  }
  const first = path.join(directory, 'split')
  const files = await splitCopy(session, typed, first, rows.schema, keys, false)
  if (!isScattered(files, keys)) return withPartitions(session, files, keys)
  // More partitions than DuckDB keeps open at once leave many small files each: in order there is one at a time.
  const whole = `SELECT * FROM read_parquet(${literal(`${first}/**/*.parquet`)}, hive_partitioning = false)`
  const sorted = await splitCopy(session, whole, path.join(directory, 'sorted'), rows.schema, keys, true)
  return withPartitions(session, sorted, keys)
}

function splitCopy(
  session: DuckSession,
  select: string,
  target: string,
  schema: Schema,
  keys: readonly PartitionKey[],
  ordered: boolean,
): Promise<readonly StatisticsRow[]> {
  const names = keys.map((key) => identifier(key.column)).join(', ')
  const texts = keys.map((key) => `${key.sql} AS ${identifier(key.column)}`).join(', ')
  const query = `SELECT *, ${texts} FROM (${select})${ordered ? ` ORDER BY ${names}` : ''}`
  return copy(session, query, target, schema, `PARTITION_BY (${names}), WRITE_PARTITION_COLUMNS false`)
}

async function copy(
  session: DuckSession,
  select: string,
  target: string,
  schema: Schema,
  options: string,
): Promise<readonly StatisticsRow[]> {
  // No Bloom filters: by them DuckDB does not find bytes that are there, nor a zero of the other sign.
  const files = await session.all<StatisticsRow>(
    `COPY (${select}) TO ${literal(target)} (FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT ${dictionarySize}, WRITE_BLOOM_FILTER false, FIELD_IDS ${fieldIds(schema)}, RETURN_STATS, ${options})`,
  )
  return files.filter((file) => file.count > 0)
}

/** Distinct values of a column in one row group (122 880 rows), from which on a dictionary is given up: trying costs more than it saves. */
const dictionarySize = 6_144

const fewPartitions = 50

function isScattered(files: readonly StatisticsRow[], keys: readonly PartitionKey[]): boolean {
  const distinct = new Set(files.map((file) => JSON.stringify(keyTexts(file, keys)))).size
  return files.length > distinct + fewPartitions
}

function keyTexts(file: StatisticsRow, keys: readonly PartitionKey[]): readonly (string | null)[] {
  return keys.map((key) => file.partition_keys?.get(key.column) ?? null)
}

function withPartitions(
  session: DuckSession,
  files: readonly StatisticsRow[],
  keys: readonly PartitionKey[],
): Promise<readonly StagedFile[]> {
  return Promise.all(
    files.map(async (file) => {
      const values = keyTexts(file, keys).map((text, index) => keys[index]?.value(text))
      if (values.every((value) => value !== undefined)) return staged(file, values)
      return staged(file, await wholePartition(session, file.filename, keys))
    }),
  )
}

/** All rows of the file have them: the first row will do. */
async function wholePartition(
  session: DuckSession,
  file: string,
  keys: readonly PartitionKey[],
): Promise<readonly PartitionValue[]> {
  const texts = keys.map((key, index) => `${key.wholeSql} AS k${index}`).join(', ')
  const [row = {}] = await session.all<Record<string, string | null>>(
    `SELECT ${texts} FROM read_parquet(${literal(file)}, hive_partitioning = false) LIMIT 1`,
  )
  return keys.map((key, index) => key.wholeValue(row[`k${index}`] ?? null))
}

function staged(file: StatisticsRow, partition: readonly PartitionValue[]): StagedFile {
  return {
    local: file.filename,
    records: file.count,
    size: file.file_size_bytes,
    partition,
    statistics: file.column_statistics,
  }
}

function columnSql(field: Field, { dictionaries }: RowsToWrite): string {
  return dictionaries?.has(field.name) === true ? identifier(field.name) : castSql(field)
}

/** Every column is cast, so that what reaches the file is the table's type: DuckDB writes sums of integers as doubles. */
function castSql({ name, type }: Field): string {
  const column = identifier(name)
  const length = fixedLengthOf(type)
  const value =
    length === undefined
      ? column
      : `CASE WHEN octet_length(${column}) <> ${length} THEN error(${literal(`${name} must have ${length} bytes`)}) ELSE ${column} END`
  return `(${value})::${duckdbType(type)} AS ${column}`
}

function requireValues(files: readonly StagedFile[], schema: Schema): void {
  for (const { name } of schema.fields.filter((field) => field.required))
    for (const { statistics } of files)
      if (Number(statistics.get(identifier(name))?.get('null_count') ?? 0) > 0)
        throw new SluiceError('LAKE_VALUE_UNSUPPORTED', {
          value: 'null',
          type: name,
          problem: `the column '${name}' must have a value in every row`,
        })
}
