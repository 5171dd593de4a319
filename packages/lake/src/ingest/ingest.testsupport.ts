import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openDuck } from '../duckdb/open-duck.ts'
import type { Schema } from '../format/schema.ts'
import type { LoadRequest } from './load-request.ts'
import { prepareLoad } from './prepare-load.ts'
import type { PreparedLoad } from './prepared-load.ts'
import { writePrepared } from './write-prepared.ts'

export type Row = Record<string, unknown>

/** What came of a load that was written into memory. */
export interface Loaded extends Pick<
  PreparedLoad,
  'counts' | 'schema' | 'change' | 'schemaUpdates' | 'files' | 'source'
> {
  /** Without Sluice's own columns. */
  readonly rows: readonly Row[]
  readonly all: readonly Row[]
  readonly rejected: readonly Row[]
  /** `name: type`, without Sluice's own columns. */
  readonly types: Readonly<Record<string, unknown>>
  /** How often a plan was written until one held. */
  readonly writes: number
}

/** A directory, a DuckDB and loads into memory. */
export interface Ingestion extends AsyncDisposable {
  readonly directory: string
  file(name: string, content: string | Uint8Array): Promise<string>
  load(source: unknown, request?: Partial<LoadRequest>): Promise<Loaded>
}

export async function openIngestion(options: { readonly memoryLimit?: string } = {}): Promise<Ingestion> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sluice-ingest-'))
  const duck = await openDuck({ staging: directory, threads: 2, memoryLimit: options.memoryLimit ?? '512MB' })
  return {
    directory,
    async file(name, content) {
      const file = path.join(directory, name)
      await writeFile(file, content)
      return file
    },
    async load(source, request = {}) {
      await using session = await duck.session()
      const first = await prepareLoad(session, source, {
        table: undefined,
        options: {},
        loadId: 'load-1',
        now: 1_700_000_000_000,
        staging: path.join(directory, 'staging'),
        signal: new AbortController().signal,
        ...request,
      })
      await using _ = first
      let writes = 0
      const { load, written } = await writePrepared(first, async ({ select }) => {
        writes += 1
        const rows = await session.all<Row>(select)
        return { rows: rows.length, all: rows }
      })
      const rejected = load.rejected === undefined ? [] : await session.all<Row>(load.rejected)
      return {
        ...load,
        all: written.all,
        rows: written.all.map(withoutOwn),
        rejected,
        types: typesOf(load.schema),
        writes,
      }
    },
    async [Symbol.asyncDispose]() {
      await duck[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function withoutOwn(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_')))
}

function typesOf(schema: Schema): Record<string, unknown> {
  const fields = schema.fields.filter(({ name }) => !name.startsWith('_'))
  return Object.fromEntries(fields.map(({ name, type }) => [name, type]))
}

/** A table's schema of optional columns. */
export function tableOf(columns: Readonly<Record<string, Schema['fields'][number]['type']>>): LoadRequest['table'] {
  const fields = Object.entries(columns).map(([name, type], i) => ({ id: i + 1, name, required: false, type }))
  return { schema: { type: 'struct', 'schema-id': 0, fields }, lastColumnId: fields.length }
}
