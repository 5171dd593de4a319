import { isSluiceError } from '@sluice/core'
import type { BucketFault, BucketRequest, FakeBucketServer } from '@sluice/testing'
import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { LakeStorage, StoredFile } from './lake-storage.ts'
import { storageSuite, type TestStorage } from './lake-storage.testsuite.ts'
import { racePuts } from './race-puts.testsupport.ts'
import { openTestBucket } from './test-bucket.testsupport.ts'

export interface BucketHarness {
  readonly scheme: 's3' | 'gs'
  readonly start: () => Promise<FakeBucketServer>
}

async function listed(storage: LakeStorage): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = []
  for await (const file of storage.list('')) files.push(file)
  return files
}

/** What a lake in a bucket promises, whatever the bucket's server does. */
export function bucketStorageSuite({ scheme, start }: BucketHarness): void {
  let server: FakeBucketServer
  let directory = ''
  let lakes = 0
  const placeOf = (prefix: string): string => `${scheme}://${server.bucket}/${prefix}?endpoint=${server.endpoint}`
  beforeAll(async () => {
    server = await start()
    directory = await fs.mkdtemp(path.join(tmpdir(), 'sluice-bucket-'))
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await fs.rm(directory, { recursive: true })
  })

  /** A lake of its own in the one bucket, with a cache of its own. */
  async function create(): Promise<TestStorage> {
    server.faults.clear()
    server.faults.asked.length = 0
    const name = `lake-${++lakes}`
    const place = placeOf(name)
    const opened: LakeStorage[] = []
    const open = async (cache = name): Promise<LakeStorage> => {
      const storage = await openTestBucket(place, path.join(directory, cache))
      opened.push(storage)
      return storage
    }
    return {
      storage: await open(),
      open: () => open(`${name}-other`),
      race: (key, processes, times) => racePuts(place, key, processes, times, path.join(directory, `${name}-race`)),
      [Symbol.asyncDispose]: async () => {
        for (const each of opened) await each[Symbol.asyncDispose]()
      },
    }
  }

  storageSuite({ create })

  const fail = (on: BucketRequest, ...faults: readonly BucketFault[]): void => {
    for (const fault of faults) server.fail({ on, fault })
  }
  const asked = (on: BucketRequest): number => server.faults.asked.filter((each) => each.on === on).length

  describe('a server that', () => {
    test('is busy, throttles, meets another writer, breaks the connection or keeps silent is asked again', async () => {
      await using made = await create()
      const { storage } = made
      fail('put', 'busy', 'throttled', 'conflict', 'lost', 'slow')
      await storage.put('a', 'text')
      fail('get', 'busy', 'cut', 'lost', 'throttled')
      expect(Buffer.from(await storage.get('a')).toString()).toBe('text')
      fail('head', 'busy', 'lost')
      expect(await storage.head('a')).toMatchObject({ size: 4 })
      fail('list', 'busy', 'lost', 'cut')
      expect(await listed(storage)).toMatchObject([{ key: 'a', size: 4 }])
      fail('delete', 'busy', 'lost')
      await storage.delete(['a'])
      expect(await storage.head('a')).toBeUndefined()
    })

    test('never comes back ends in an error that says so', async () => {
      await using made = await create()
      const { storage } = made
      server.fail({ on: 'put', fault: 'busy', times: 100 })
      await expectCode(storage.put('a', 'x', { ifAbsent: true }), 'LAKE_STORAGE_UNAVAILABLE')
      server.faults.clear()
      await storage.put('b', 'x')
      server.fail({ on: 'get', fault: 'cut', times: 100 })
      await expect(storage.get('b')).rejects.toMatchObject({ code: 'LAKE_STORAGE_UNAVAILABLE' })
    })

    test('refuses is not asked again, and the error says which right is missing in which bucket', async () => {
      await using made = await create()
      const { storage } = made
      for (const [on, right, work] of [
        ['put', 'write', () => storage.put('a', 'x', { ifAbsent: true })],
        ['get', 'read', () => storage.get('a')],
        ['list', 'list', () => listed(storage)],
        ['delete', 'delete', () => storage.delete(['a'])],
      ] as const) {
        server.faults.clear()
        server.faults.asked.length = 0
        fail(on, 'denied')
        const told: unknown = await work().catch((error: unknown) => error)
        if (!isSluiceError(told, 'LAKE_STORAGE_DENIED')) throw told
        expect(told.message).toContain(`may not ${right} objects in ${scheme}://lake`)
        expect(asked(on)).toBe(1)
      }
    })

    test('has no such bucket is told so', async () => {
      const storage = await openTestBucket(
        `${scheme}://elsewhere/x?endpoint=${server.endpoint}`,
        path.join(directory, 'none'),
      )
      await using _storage = storage
      await expect(storage.put('a', 'x')).rejects.toMatchObject({
        code: 'LAKE_STORAGE_UNAVAILABLE',
        message: expect.stringContaining("there is no bucket 'elsewhere'"),
      })
    })
  })

  describe('a conditional put whose answer is lost', () => {
    test('was won, and is known to be', async () => {
      await using made = await create()
      const { storage } = made
      fail('put', 'lost')
      await storage.put('a', 'mine', { ifAbsent: true })
      expect(asked('put')).toBe(2)
      expect(Buffer.from(await storage.get('a')).toString()).toBe('mine')
      await expectCode(storage.put('a', 'another', { ifAbsent: true }), 'LAKE_FILE_EXISTS')
    })

    test('was won, though every other answer is lost too', async () => {
      await using made = await create()
      server.fail({ on: 'put', fault: 'lost', times: 100 })
      await made.storage.put('a', 'mine', { ifAbsent: true })
      expect(Buffer.from(await made.storage.get('a')).toString()).toBe('mine')
    })

    test('was lost to somebody who writes the very same bytes', async () => {
      await using made = await create()
      await using other = await made.open()
      await other.put('a', 'same', { ifAbsent: true })
      fail('put', 'lost')
      await expectCode(made.storage.put('a', 'same', { ifAbsent: true }), 'LAKE_FILE_EXISTS')
    })

    test('has exactly one winner among 32, whatever goes wrong on the way', async () => {
      await using made = await create()
      for (let round = 0; round < 3; round += 1) {
        const writers = await Promise.all(Array.from({ length: 32 }, () => made.open()))
        for (const fault of ['lost', 'busy', 'conflict', 'throttled'] as const)
          server.fail({ on: 'put', fault, times: 8 })
        const key = `race/${round}`
        const ended = await Promise.allSettled(
          writers.map((writer, index) => writer.put(key, String(index), { ifAbsent: true })),
        )
        const won = ended.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
        expect(won).toHaveLength(1)
        expect(Buffer.from(await made.storage.get(key)).toString()).toBe(String(won[0]))
        server.faults.clear()
      }
    })
  })

  describe('a large file', () => {
    const large = async (storage: LakeStorage, size: number): Promise<{ file: string; body: Buffer }> => {
      const body = randomBytes(size)
      const file = path.join(storage.staging, 'large')
      await fs.writeFile(file, body)
      return { file, body }
    }
    /** The requests that send a piece of a large file. */
    const piece: BucketRequest = 'part'

    test('arrives whole, though pieces of it have to be sent again', async () => {
      await using made = await create()
      const { storage } = made
      const { file, body } = await large(storage, 20_000_000)
      fail(piece, 'busy', 'lost', 'busy')
      expect(await storage.putFile('t/large', file, { ifAbsent: true })).toMatchObject({ size: body.length })
      expect(asked(piece)).toBeGreaterThan(3)
      await using other = await made.open()
      expect(Buffer.compare(Buffer.from(await other.get('t/large')), body)).toBe(0)
      await expect(fs.stat(file)).rejects.toThrow('ENOENT')
    })

    test('is created once: the second is told, and keeps its file', async () => {
      await using made = await create()
      const { storage } = made
      await storage.put('t/large', 'first')
      const { file } = await large(storage, 9_000_000)
      await expectCode(storage.putFile('t/large', file, { ifAbsent: true }), 'LAKE_FILE_EXISTS')
      expect((await fs.stat(file)).size).toBe(9_000_000)
      expect(Buffer.from(await storage.get('t/large')).toString()).toBe('first')
    })

    test('whose last answer is lost is known to be there', async () => {
      await using made = await create()
      const { storage } = made
      const { file, body } = await large(storage, 9_000_000)
      fail(scheme === 's3' ? 'complete' : 'part', 'lost')
      await storage.putFile('t/large', file, { ifAbsent: true })
      expect(Buffer.compare(Buffer.from(await storage.get('t/large')), body)).toBe(0)
    })

    test('is downloaded whole, though bodies are cut', async () => {
      await using made = await create()
      const { file, body } = await large(made.storage, 12_000_000)
      await made.storage.putFile('t/large', file)
      await using other = await made.open()
      fail('get', 'cut', 'lost')
      await using lent = await other.lend([{ key: 't/large', size: body.length }])
      expect(Buffer.compare(await fs.readFile(lent.paths[0] ?? ''), body)).toBe(0)
    })
  })

  // Only Google tells a hash of everything; what other stores tell may be anything.
  if (scheme === 'gs')
    test('a body that is not what was stored is asked for again', async () => {
      await using made = await create()
      await made.storage.put('a', 'text')
      fail('get', 'garbled', 'garbled')
      expect(Buffer.from(await made.storage.get('a')).toString()).toBe('text')
      expect(asked('get')).toBe(3)
    })

  test('metadata that was written or read here is not asked for again', async () => {
    await using made = await create()
    await made.storage.put('t/metadata/1.avro', 'manifest')
    await made.storage.get('t/metadata/1.avro')
    expect(asked('get')).toBe(0)
    await using other = await made.open()
    await other.get('t/metadata/1.avro')
    await other.get('t/metadata/1.avro')
    expect(asked('get')).toBe(1)
    await made.storage.delete(['t/metadata/1.avro'])
    await expectCode(made.storage.get('t/metadata/1.avro'), 'LAKE_FILE_NOT_FOUND')
  })

  test('a file that was put from here is lent without asking the bucket', async () => {
    await using made = await create()
    const file = path.join(made.storage.staging, 'rows')
    await fs.writeFile(file, 'rows')
    await made.storage.putFile('t/data/1.parquet', file)
    await using lent = await made.storage.lend([{ key: 't/data/1.parquet', size: 4 }])
    expect(await fs.readFile(lent.paths[0] ?? '', 'utf8')).toBe('rows')
    expect(asked('get')).toBe(0)
    expect(made.storage.addressOf('t/data/1.parquet')).toBe(`${made.storage.url}/t/data/1.parquet`)
    expect(made.storage.url).toMatch(new RegExp(`^${scheme}://lake/lake-\\d+$`))
  })
}
