import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeManifest } from '../format/manifest-file.ts'
import { decodeManifestList } from '../format/manifest-list.ts'
import type { ManifestFile } from '../format/manifest.ts'
import type { TableMetadata } from '../format/table-metadata.ts'
import { openEmbeddedCatalog } from './embedded-catalog.ts'
import { createLake, type EmbeddedLake } from './embedded-lake.testsupport.ts'
import type { LoadEntry, TablePointer } from './lake-catalog.ts'
import { keyOf } from './lake-paths.ts'
import { rebuildCatalog } from './rebuild-catalog.ts'
import { appending, creation, readRows, rowsOf } from './test-table.testsupport.ts'
import { verifyLake } from './verify-lake.ts'

let lake: EmbeddedLake
let table: TablePointer
beforeEach(async () => {
  lake = await createLake()
})
afterEach(() => lake[Symbol.asyncDispose]())

async function make(properties: Readonly<Record<string, string>>): Promise<void> {
  const change = creation(lake, 'a.b')
  const updates = [...change.updates, { action: 'set-properties', updates: properties } as const]
  const [made] = (await lake.catalog.commit({ id: randomUUID(), tables: [{ ...change, updates }] })).tables
  if (made === undefined) throw new Error('no table was made')
  table = made
}

async function append(row: string, load?: LoadEntry): Promise<void> {
  await lake.catalog.commit({ id: randomUUID(), tables: [await appending(lake, table, [row], load && { load })] })
}

async function current(): Promise<{ readonly pointer: TablePointer; readonly metadata: TableMetadata }> {
  const pointer = await lake.catalog.find('a.b')
  if (pointer === undefined) throw new Error('the table is gone')
  return { pointer, metadata: await lake.catalog.metadata(pointer) }
}

async function manifestsOf(metadata: TableMetadata, snapshotId: bigint | undefined): Promise<readonly ManifestFile[]> {
  const place = { location: metadata.location, directory: table.directory }
  const snapshot = metadata.snapshots?.find((each) => each['snapshot-id'] === snapshotId)
  const url = snapshot?.['manifest-list']
  return url === undefined ? [] : decodeManifestList(await lake.storage.get(keyOf(lake.storage, place, url)))
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `r${at + 100}`)

describe('many small commits', () => {
  test.each(['one after the other', 'at once'])(
    'made %s leave few manifests, and every version with its own rows',
    async (how) => {
      await make({ 'commit.manifest.min-count-to-merge': '5' })
      if (how === 'at once') await Promise.all(names(40).map((row) => append(row)))
      else for (const row of names(40)) await append(row)
      const { metadata } = await current()
      const rows = new Set<string>()
      for (const snapshot of metadata.snapshots ?? []) {
        const found = await rowsOf(lake.storage, table.directory, metadata, snapshot['snapshot-id'])
        expect(found).toHaveLength(rows.size + 1)
        for (const row of rows) expect(found).toContain(row)
        for (const row of found) rows.add(row)
        expect((await manifestsOf(metadata, snapshot['snapshot-id'])).length).toBeLessThanOrEqual(12)
      }
      expect([...rows].toSorted()).toEqual(names(40))
      expect(await verifyLake(lake)).toMatchObject({ problems: [] })
    },
  )

  test('are told apart in a merged manifest: each file has the snapshot and the number that added it', async () => {
    await make({ 'commit.manifest.min-count-to-merge': '3' })
    for (const row of names(5)) await append(row)
    const { metadata } = await current()
    const place = { location: metadata.location, directory: table.directory }
    const manifests = await manifestsOf(metadata, metadata['current-snapshot-id'])
    const entries = await Promise.all(
      manifests.map(async (each) =>
        decodeManifest(await lake.storage.get(keyOf(lake.storage, place, each.path)), each),
      ),
    )
    const merged = entries.flat().filter(({ status }) => status === 'existing')
    expect(merged.length).toBeGreaterThanOrEqual(3)
    for (const { snapshotId, sequenceNumber } of merged)
      expect(metadata.snapshots?.find((each) => each['snapshot-id'] === snapshotId)?.['sequence-number']).toBe(
        sequenceNumber,
      )
    expect(
      manifests.some(({ existingFiles, minSequenceNumber }) => existingFiles >= 3 && minSequenceNumber === 1),
    ).toBe(true)
  })

  test('keep the last metadata files only, and a catalogue that is rebuilt from them knows every load', async () => {
    await make({ 'write.metadata.previous-versions-max': '3' })
    const counts = { records: 1, loaded: 1, quarantined: 0, discarded: 0, filtered: 0 }
    for (const row of names(9))
      await append(row, {
        id: row,
        branch: 'main',
        operation: 'append',
        state: 'committed',
        snapshotId: 1n,
        source: 's',
        counts,
      })
    const files = async (end: string): Promise<number> => {
      let count = 0
      for await (const { key } of lake.storage.list(`${table.directory}/metadata/`)) if (key.endsWith(end)) count += 1
      return count
    }
    expect(await files('.metadata.json')).toBe(4)
    expect(await files('.committed')).toBe(10)
    await using other = await createLake()
    expect(await rebuildCatalog(other.store, lake.storage)).toMatchObject({ tables: [{ version: 10 }], skipped: [] })
    const catalog = await openEmbeddedCatalog(other.store, lake.storage)
    expect(await readRows({ catalog, storage: lake.storage }, 'a.b')).toEqual(names(9))
    for (const row of names(9)) expect(await catalog.load(table.id, row)).toMatchObject({ id: row })
  })
})
