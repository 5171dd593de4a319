import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedCatalog } from '../catalog/embedded-catalog.ts'
import { createLake } from '../catalog/embedded-lake.testsupport.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { tablesOf } from '../testing/test-lake.testsupport.ts'
import type { LakeStorage } from './lake-storage.ts'
import { storageSuite, type TestStorage } from './lake-storage.testsuite.ts'
import { type MotoServer, motoPython, startMoto } from './moto.testsupport.ts'
import { racePuts } from './race-puts.testsupport.ts'
import { openTestBucket } from './test-bucket.testsupport.ts'

if (motoPython === undefined) console.warn('skipped: no SLUICE_MOTO=<python with moto[server]>')

describe.skipIf(motoPython === undefined)('a lake in a bucket of a server that others have written', () => {
  let server: MotoServer
  let directory = ''
  let lakes = 0
  const placeOf = (prefix: string): string => `s3://lake/${prefix}?endpoint=${server.endpoint}`
  beforeAll(async () => {
    server = await startMoto(motoPython ?? '')
    await server.makeBucket('lake')
    directory = await fs.mkdtemp(path.join(tmpdir(), 'sluice-moto-'))
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await fs.rm(directory, { recursive: true })
  })

  async function create(): Promise<TestStorage> {
    const name = `lake-${++lakes}`
    const open = (cache: string): Promise<LakeStorage> => openTestBucket(placeOf(name), path.join(directory, cache))
    return {
      storage: await open(name),
      open: () => open(`${name}-other`),
      race: (key, processes, times) => racePuts(placeOf(name), key, processes, times, path.join(directory, name)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }

  storageSuite({ create })

  test('takes large files in parts, once', async () => {
    const made = await create()
    const { storage } = made
    const body = randomBytes(20_000_000)
    const file = path.join(storage.staging, 'large')
    await fs.writeFile(file, body)
    await storage.putFile('t/large', file, { ifAbsent: true })
    const other = await made.open()
    expect(Buffer.compare(Buffer.from(await other.get('t/large')), body)).toBe(0)
    await fs.writeFile(file, body)
    await expectCode(storage.putFile('t/large', file, { ifAbsent: true }), 'LAKE_FILE_EXISTS')
  })

  test('lists and deletes thousands of files', async () => {
    const { storage } = await create()
    const keys = Array.from({ length: 1100 }, (_, index) => `n/${String(index).padStart(5, '0')}`)
    for (let from = 0; from < keys.length; from += 50)
      await Promise.all(keys.slice(from, from + 50).map((key) => storage.put(key, '')))
    const listed: string[] = []
    for await (const { key } of storage.list('n/')) listed.push(key)
    expect(listed).toEqual(keys)
    await storage.delete(keys)
    for await (const { key } of storage.list('n/')) throw new Error(`${key} is still there`)
  })

  test('holds tables that another machine reads', async () => {
    await using base = await createLake(undefined, placeOf('tables'))
    await using here = tablesOf(base, base.catalog, base.storage)
    await here.load('append', 'bronze.t', [{ n: 1 }, { n: 2 }])
    await here.load('replace', 'bronze.t', [{ n: 3 }])
    const storage = await openTestBucket(placeOf('tables'), path.join(directory, 'there'))
    await using there = tablesOf(base, await openEmbeddedCatalog(base.store, storage), storage)
    expect(await there.rows('bronze.t')).toEqual([{ n: 3 }])
  })
})
