import { stageDataFiles } from '../duckdb/data-writer.ts'
import { literal } from '../duckdb/quote.ts'
import type { DataFile } from '../format/manifest.ts'
import type { Schema } from '../format/schema.ts'
import { rewriteSnapshot } from '../table/rewrite-snapshot.ts'
import { added, writeManifest } from '../table/write-manifest.ts'
import type { TestTables } from './test-lake.testsupport.ts'

const positions: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 2_147_483_546, name: 'file_path', required: true, type: 'string' },
    { id: 2_147_483_545, name: 'pos', required: true, type: 'long' },
  ],
}

/** As another engine does: rows of files of one partition are deleted by their positions, in one file. */
export async function deleteByPosition(
  tables: TestTables,
  table: string,
  rows: readonly (readonly [path: string, position: number])[],
): Promise<void> {
  const { lake } = tables
  const { metadata, pointer, snapshot } = await tables.view(table)
  const place = { directory: pointer.directory, location: metadata.location }
  const list = await lake.manifests.list(place, snapshot?.['manifest-list'] ?? '')
  const entries = (await Promise.all(list.map((manifest) => lake.manifests.entries(place, manifest)))).flat()
  const paths = rows.map(([path]) => path).toSorted()
  const partition = entries.find(({ file }) => file.path === paths[0])?.file.partition ?? []
  await using session = await (await lake.duck()).session()
  await using staged = await stageDataFiles(session, lake.storage, {
    ...place,
    select: `SELECT * FROM (VALUES ${rows.map(([path, at]) => `(${literal(path)}, ${at})`).join(', ')}) AS d (file_path, pos) ORDER BY ALL`,
    schema: positions,
    spec: { 'spec-id': 0, fields: [] },
    id: lake.platform.newId(),
  })
  // Whole, as the specification wants it: readers tell by it which file the deletes are for.
  const bound = (path = ''): ReadonlyMap<number, Uint8Array> =>
    new Map([[2_147_483_546, Uint8Array.from(Buffer.from(path))]])
  const told = { content: 1, partition, lowerBounds: bound(paths[0]), upperBounds: bound(paths.at(-1)) } as const
  const files = (await staged.put()).map((file): DataFile => Object.assign({}, file, told))
  const snapshotId = lake.platform.newSnapshotId()
  const [spec = { 'spec-id': 0, fields: [] }] = metadata['partition-specs']
  const [schema = positions] = metadata.schemas.slice(-1)
  const manifest = await writeManifest(lake.storage, lake.platform, {
    ...place,
    schema,
    spec,
    content: 'deletes',
    entries: added(files),
    snapshotId,
  })
  const change = await rewriteSnapshot(lake, {
    ...place,
    metadata,
    branch: 'main',
    snapshotId,
    removed: new Set(),
    added: [manifest],
    operation: 'delete',
    summary: { 'added-delete-files': '1', 'added-position-deletes': String(rows.length) },
  })
  await lake.catalog.commit({ id: lake.platform.newId(), tables: [{ name: table, ...change }] })
}
