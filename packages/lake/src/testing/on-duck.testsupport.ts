import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { stageDataFiles } from '../duckdb/data-writer.ts'
import type { DuckSession } from '../duckdb/duck-session.ts'
import { type Duck, openDuck } from '../duckdb/open-duck.ts'
import type { DataFile } from '../format/manifest.ts'
import type { Schema } from '../format/schema.ts'
import type { PartitionSpec } from '../format/table-metadata.ts'
import { platform } from '../platform.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'

export interface WritesOnDuck {
  readonly session: DuckSession
  readonly storage: LakeStorage
  /** Files of rows in a storage of the test file's own. */
  write(
    schema: Schema,
    select: string,
    spec?: PartitionSpec,
    fileSize?: string,
    dictionaries?: ReadonlyMap<string, readonly string[]>,
  ): Promise<readonly DataFile[]>
  /** Of the columns of the last file that was written. */
  parquetTypes(): Promise<readonly object[]>
  pathOf(file: DataFile): string
}

/** DuckDB and a storage for the tests of one file. */
export function onDuck(): WritesOnDuck {
  let directory: string
  let duck: Duck
  let session: DuckSession
  let storage: LakeStorage
  let last: DataFile | undefined
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'sluice-duck-'))
    storage = await openLocalStorage(path.join(directory, 'lake'))
    duck = await openDuck({ threads: 1, staging: storage.staging })
    session = await duck.session()
  })
  afterAll(async () => {
    await session[Symbol.asyncDispose]()
    await duck[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })
  const pathOf = (file: DataFile): string => fileURLToPath(file.path)
  return {
    get session() {
      return session
    },
    get storage() {
      return storage
    },
    pathOf,
    async write(schema, select, spec = { 'spec-id': 0, fields: [] }, fileSize, dictionaries) {
      await using staged = await stageDataFiles(session, storage, {
        select,
        schema,
        spec,
        directory: 'bronze/t-00000000',
        location: `${storage.url}/bronze/t-00000000`,
        id: platform.newId(),
        ...(fileSize !== undefined && { fileSize }),
        ...(dictionaries && { dictionaries }),
      })
      const files = await staged.put()
      last = files[0]
      return files
    },
    parquetTypes: () =>
      last
        ? session.all(`SELECT name, type, converted_type FROM parquet_schema('${pathOf(last)}')`)
        : Promise.resolve([]),
  }
}
