import { isSluiceError, SluiceError } from '@sluice/core'
import type { AttemptContext } from '@sluice/engine'
import { kindProperty, searchText } from '../catalog/search-text.ts'
import { identifier, literal } from '../duckdb/quote.ts'
import { recordReads } from '../lineage/record-reads.ts'
import { requireKey } from '../storage/storage-key.ts'
import type { OpenLake } from '../table/lake.ts'
import { loadTable } from '../table/load-table.ts'
import { type FoundView, readOf, scanView } from '../table/read-rows.ts'
import { resolveVersion } from '../table/resolve-version.ts'
import type { AnyTableOptions } from '../table/table-properties.ts'
import { conditionOf } from '../table/where.ts'
import { findTable, type FoundTable, newTarget } from '../table/write-target.ts'
import type { FileContent, FileFacts, FileVersion, FoundFile, ListFilesOptions, PutFileOptions } from './fileset.ts'
import { filesetSchema } from './fileset-schema.ts'
import { mediaTypeOf } from './media-type.ts'
import { stageContent } from './stage-content.ts'

/** A fileset of a lake that is open. */
export interface OpenFileset {
  put(name: string, content: FileContent, options: PutFileOptions & FilesetChange): Promise<FileFacts>
  get(name: string, version: string | undefined): Promise<FoundFile>
  list(options: ListFilesOptions): Promise<readonly FileFacts[]>
  versions(name: string): Promise<readonly FileVersion[]>
  remove(name: string, change: FilesetChange): Promise<boolean>
}

export interface FilesetChange {
  readonly loadId: string
  readonly tableOptions: AnyTableOptions
}

/** So much of a file is read at once. */
const chunkSize = 4 * 1_048_576

export function openFileset(lake: OpenLake, fileset: string, context: AttemptContext | undefined): OpenFileset {
  const files = new Files(lake, fileset, context)
  return {
    put: (name, content, options) => files.put(requireName(name), content, options),
    get: (name, version) => files.get(requireName(name), version),
    list: (options) => files.list(options),
    versions: (name) => files.versions(requireName(name)),
    remove: (name, change) => files.remove(requireName(name), change),
  }
}

/** Relative, with `/` between its parts, and inside. Throws `LAKE_PATH_INVALID`. */
const requireName = (name: string): string => requireKey(typeof name === 'string' ? name : '')

class Files {
  readonly #lake: OpenLake
  readonly #fileset: string
  readonly #context: AttemptContext | undefined

  constructor(lake: OpenLake, fileset: string, context: AttemptContext | undefined) {
    this.#lake = lake
    this.#fileset = fileset
    this.#context = context
  }

  async put(name: string, content: FileContent, options: PutFileOptions & FilesetChange): Promise<FileFacts> {
    using _busy = this.#context?.busy()
    const { storage } = this.#lake
    const metadata = requireMetadata(options.metadata ?? {})
    const version = versionOf(options.loadId)
    const table = await this.#made(options.tableOptions)
    await using staged = await stageContent(content, storage.staging, this.#context?.signal)
    const { sha256, size } = staged
    await this.#keep(contentKey(table, sha256), staged.file)
    const row = {
      name,
      version,
      removed: false,
      media_type: options.mediaType ?? mediaTypeOf(name, staged.head),
      size,
      sha256,
      metadata: JSON.stringify(metadata),
      put_at: await this.#now(name),
    }
    const known = await this.#append(row, fileText({ name, mediaType: row.media_type, metadata }), options)
    return known ? this.#version(name, version) : factsOf(row)
  }

  async get(name: string, version: string | undefined): Promise<FoundFile> {
    const view = await this.#view()
    if (!view) throw this.#notFound(name)
    const told = recordReads(this.#lake.catalog, this.#context, [readOf(view)])
    const facts =
      version === undefined ? (await this.#current({}, name))[0] : await this.#version(name, version).catch(missing)
    await told
    if (!facts || (await this.#isRemoval(name, version))) throw this.#notFound(name)
    const key = contentKey(view, facts.sha256)
    const stream = (): ReadableStream<Uint8Array> => streamOf(this.#lake, key, facts.size)
    return { ...facts, stream, bytes: async () => new Uint8Array(await new Response(stream()).arrayBuffer()) }
  }

  async list({ prefix, where }: ListFilesOptions): Promise<readonly FileFacts[]> {
    return this.#current({ ...(prefix !== undefined && { prefix }), ...(where && { where }) }, undefined)
  }

  async versions(name: string): Promise<readonly FileVersion[]> {
    const rows = await this.#rows(`name = ${literal(name)}`, 'put_at DESC, version DESC')
    return rows.map((row) => Object.assign(factsOf(row), { removed: row.removed }))
  }

  async remove(name: string, change: FilesetChange): Promise<boolean> {
    const table = await this.#found()
    if (!table) return false
    const done = await this.#lake.catalog.load(table.pointer.id, change.loadId)
    if (done) return true
    if ((await this.#current({}, name)).length === 0) return false
    const row = { name, version: versionOf(change.loadId), removed: true, put_at: await this.#now(name) }
    await this.#append(row, null, change)
    return true
  }

  /** The index, made when there is none: what is put needs its directory. */
  async #made(tableOptions: AnyTableOptions): Promise<FoundTable> {
    const { catalog, storage, platform } = this.#lake
    for (;;) {
      const found = await this.#found()
      if (found) return found
      const options = { name: this.#fileset, storageUrl: storage.url, options: tableOptions, platform, branch: 'main' }
      const { change } = newTarget(filesetSchema, options)
      const kind = { action: 'set-properties', updates: { [kindProperty]: 'fileset' } } as const
      try {
        await this.#context?.requireOwned()
        await catalog.commit({ id: platform.newId(), tables: [{ ...change, updates: [...change.updates, kind] }] })
      } catch (error) {
        if (!isSluiceError(error, 'TABLE_EXISTS') || (await findTable(catalog, this.#fileset)) === undefined)
          throw error
      }
    }
  }

  /** Throws `TABLE_EXISTS` for a table that is no fileset. */
  async #found(): Promise<FoundTable | undefined> {
    const found = await findTable(this.#lake.catalog, this.#fileset)
    if (found && found.metadata.properties?.[kindProperty] !== 'fileset')
      throw new SluiceError('TABLE_EXISTS', { table: this.#fileset, problem: 'it is a table, and no fileset' })
    return found
  }

  /** Bytes under their hash: who puts the same ones has them there already. */
  async #keep(key: string, file: string): Promise<void> {
    await this.#context?.requireOwned()
    try {
      await this.#lake.storage.putFile(key, file, { ifAbsent: true })
    } catch (error) {
      if (!isSluiceError(error, 'LAKE_FILE_EXISTS')) throw error
    }
  }

  /** Later than the last of the name, whatever the clocks of two machines say. */
  async #now(name: string): Promise<Date> {
    const [last] = await this.versions(name)
    return new Date(Math.max(this.#lake.platform.now(), (last?.putAt.getTime() ?? 0) + 1))
  }

  /** True: this change was made before. */
  async #append(row: object, text: string | null, { loadId, tableOptions }: FilesetChange): Promise<boolean> {
    const { name } = row as { readonly name: string }
    const { repeated } = await loadTable({
      lake: this.#lake,
      table: this.#fileset,
      operation: 'append',
      source: [row],
      tableOptions,
      options: { contract: { types: 'freeze' } },
      loadId,
      context: this.#context,
      found: [{ fileset: this.#fileset, name, searchText: text }],
    })
    return repeated
  }

  async #version(name: string, version: string): Promise<FileFacts> {
    const found = (await this.versions(name)).find((each) => each.version === version)
    if (!found) throw this.#notFound(name)
    const { removed: _, ...facts } = found
    return facts
  }

  async #isRemoval(name: string, version: string | undefined): Promise<boolean> {
    if (version === undefined) return false
    return (await this.versions(name)).some((each) => each.version === version && each.removed)
  }

  async #current({ prefix, where = {} }: ListFilesOptions, name: string | undefined): Promise<readonly FileFacts[]> {
    const view = await this.#view()
    if (!view) return []
    const named = name === undefined ? [] : [`name = ${literal(name)}`]
    const begins = prefix === undefined ? [] : [`starts_with(name, ${literal(prefix)})`]
    const wanted = conditionOf(this.#fileset, view.schema, where).sql
    const newest = 'row_number() OVER (PARTITION BY name ORDER BY put_at DESC, version DESC) = 1'
    const rows = await this.#rows([...named, ...begins].join(' AND ') || 'true', 'name', {
      qualify: newest,
      outside: `NOT removed AND ${wanted}`,
    })
    return rows.map(factsOf)
  }

  async #rows(
    condition: string,
    order: string,
    { qualify, outside = 'true' }: { readonly qualify?: string; readonly outside?: string } = {},
  ): Promise<readonly IndexRow[]> {
    const view = await this.#view()
    if (!view) return []
    const signal = this.#context?.signal
    await using scan = await scanView(this.#lake, view)
    await using session = await (await this.#lake.duck()).session(signal && { signal })
    const columns = filesetSchema.fields.map((field) => identifier(field.name)).join(', ')
    const newest = qualify === undefined ? '' : ` QUALIFY ${qualify}`
    const inner = `SELECT * FROM ${scan.item} WHERE ${condition}${newest}`
    const found: IndexRow[] = []
    for await (const rows of session.stream<IndexRow>(
      `SELECT ${columns} FROM (${inner}) WHERE ${outside} ORDER BY ${order}`,
    ))
      found.push(...rows)
    return found
  }

  async #view(): Promise<FoundView | undefined> {
    const found = await this.#found()
    return found && { name: this.#fileset, ...found, ...resolveVersion(this.#fileset, found.metadata) }
  }

  #notFound(name: string): SluiceError {
    return new SluiceError('FILESET_FILE_NOT_FOUND', { fileset: this.#fileset, file: name })
  }
}

/** What a file is found by. */
export function fileText({ name, mediaType, metadata }: Pick<FileFacts, 'name' | 'mediaType' | 'metadata'>): string {
  return searchText(name, [], [mediaType, ...Object.entries(metadata).flat()])
}

interface IndexRow {
  readonly name: string
  readonly version: string
  readonly removed: boolean
  readonly media_type: string | null
  readonly size: number | null
  readonly sha256: string | null
  readonly metadata: string | null
  readonly put_at: Date
}

function factsOf(row: Omit<IndexRow, 'removed'>): FileFacts {
  return {
    name: row.name,
    version: row.version,
    mediaType: row.media_type ?? '',
    size: row.size ?? 0,
    sha256: row.sha256 ?? '',
    metadata: JSON.parse(row.metadata ?? '{}') as FileFacts['metadata'],
    putAt: row.put_at,
  }
}

const versionOf = (loadId: string): string => loadId.replaceAll('-', '').slice(0, 16)

const contentKey = ({ pointer }: FoundTable, sha256: string): string => `${pointer.directory}/files/${sha256}`

const missing = (error: unknown): undefined => {
  if (!isSluiceError(error, 'FILESET_FILE_NOT_FOUND')) throw error
}

function requireMetadata(metadata: object): Readonly<Record<string, string>> {
  const wrong = Object.entries(metadata).find(([, value]) => typeof value !== 'string')
  if (wrong)
    throw new SluiceError('OPTION_INVALID', { option: `metadata.${wrong[0]}`, of: 'put', problem: 'it must be a text' })
  return metadata as Readonly<Record<string, string>>
}

function streamOf({ storage }: OpenLake, key: string, size: number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    async pull(controller) {
      if (at < size) {
        const chunk = await storage.getRange(key, at, Math.min(chunkSize, size - at))
        if (chunk.length === 0) throw new SluiceError('LAKE_FILE_NOT_FOUND', { key })
        at += chunk.length
        controller.enqueue(new Uint8Array(chunk))
      }
      if (at >= size) controller.close()
    },
  })
}
