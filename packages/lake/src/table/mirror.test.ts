import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { added, dataFile } from '../format/format.fixture.ts'
import { encodeManifest } from '../format/manifest-file.ts'
import type { ManifestFile } from '../format/manifest.ts'
import { encodePackedManifest } from '../format/packed-manifest-file.ts'
import { type PackedManifest, packedEntry, packedStatistics, packManifest } from '../format/packed-manifest.ts'
import { summarizeManifest } from '../format/summarize-manifest.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { manifestsIn } from './manifests.ts'
import { mirrorIn } from './mirror.ts'

const schema = { type: 'struct', 'schema-id': 0, fields: [{ id: 1, name: 'a', required: false, type: 'int' }] } as const
const spec = { 'spec-id': 0, fields: [] } as const
const key = 'bronze/trips-00000000/metadata/large-m0.avro'

let directory: string
let storage: LakeStorage
let manifest: ManifestFile
let mirror: string

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-mirror-'))
  storage = await openLocalStorage(directory)
  mirror = path.join(storage.staging, 'mirror')
  const entries = Array.from({ length: 3_000 }, (_, at) => added(dataFile({ path: `file:///${at}`, records: at })))
  const content = { schema, spec, content: 'data', entries, snapshotId: 5n } as const
  const bytes = encodeManifest(content)
  await storage.put(key, bytes)
  const path_ = `${storage.url}/${key}`
  manifest = { ...summarizeManifest({ ...content, path: path_, length: bytes.length }), sequenceNumber: 3 }
})

afterEach(() => rm(directory, { recursive: true }))

/** As a process that has just started has it. */
function packed(of: ManifestFile = manifest): Promise<PackedManifest> {
  return manifestsIn(storage).packed({ location: 'file:///elsewhere', directory: 'elsewhere' }, of)
}

const sumOf = (manifestRead: PackedManifest): number => manifestRead.records.reduce((sum, records) => sum + records, 0)
const expectedSum = (2_999 * 3_000) / 2

describe('the mirror of a manifest', () => {
  test('serves the next process, which does not open the manifest', async () => {
    const first = await packed()
    await storage.delete([key])
    const next = await packed()
    expect([sumOf(next), packedEntry(next, 2_999)]).toStrictEqual([expectedSum, packedEntry(first, 2_999)])
    expect(packedStatistics(next, 7)).toMatchObject({ records: 7 })
  })

  test('is made again when it was deleted, cut or damaged', async () => {
    await packed()
    const [name = ''] = await readdir(mirror)
    const file = path.join(mirror, name)
    const whole = await readFile(file)
    const damaged = Buffer.from(whole)
    damaged.writeUInt8(whole.readUInt8(whole.length - 20) ^ 1, whole.length - 20)
    for (const change of [rm(file), writeFile(file, whole.subarray(0, 9_000)), writeFile(file, damaged)]) {
      await change
      expect(sumOf(await packed())).toBe(expectedSum)
      expect(await readFile(file)).toStrictEqual(whole)
    }
  })

  test('is of one manifest in one list: with other inherited numbers it is another', async () => {
    await packed()
    expect((await packed({ ...manifest, sequenceNumber: 9 })).sequenceNumbers[0]).toBe(9)
    expect((await packed()).sequenceNumbers[0]).toBe(3)
  })

  test('is not needed: where it cannot be written the manifest is read', async () => {
    await writeFile(mirror, 'a file where the directory should be')
    expect(sumOf(await packed())).toBe(expectedSum)
    expect(sumOf(await packed())).toBe(expectedSum)
  })

  test('is not made of small manifests', async () => {
    const entries = [added(dataFile())]
    const content = { schema, spec, content: 'data', entries, snapshotId: 5n } as const
    const bytes = encodeManifest(content)
    await storage.put(`${key}-small`, bytes)
    const small = summarizeManifest({ ...content, path: `${manifest.path}-small`, length: bytes.length })
    expect((await packed({ ...small, sequenceNumber: 3 })).count).toBe(1)
    await expect(readdir(mirror)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('keeps to its bytes: what was used longest ago goes, and what a dead process was writing', async () => {
    const one = packManifest([added(dataFile())])
    const writer = mirrorIn(mirror, { most: 3.5 * encodePackedManifest(one).length })
    for (const name of ['a', 'b', 'c']) await writer.write(name, one)
    await writeFile(path.join(mirror, 'left-over'), '')
    for (const [age, name] of ['a.mirror', 'b.mirror', 'c.mirror', 'left-over'].entries())
      await utimes(path.join(mirror, name), age, age)
    expect(await writer.read('a')).toBeDefined()
    await writer.write('d', one)
    expect((await readdir(mirror)).toSorted()).toStrictEqual(['a.mirror', 'd.mirror'])
  })
})
