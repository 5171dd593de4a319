import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { LakeStorage, StoredFile } from './lake-storage.ts'

/** Makes empty storages of one kind. */
export interface StorageHarness {
  create(): Promise<TestStorage>
}

export interface TestStorage extends AsyncDisposable {
  readonly storage: LakeStorage
  /** The same storage, opened once more. */
  open(): Promise<LakeStorage>
  /** So many processes put a file of this key `ifAbsent` at once, each with its number as the body; answers how many won. */
  race(key: string, processes: number, times: number): Promise<number>
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

async function keysOf(files: AsyncIterable<StoredFile>): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of files) keys.push(key)
  return keys
}

/** What every storage of a lake promises. */
export function storageSuite(harness: StorageHarness): void {
  describe('a file', () => {
    test('that was put is read whole, in parts and from its end, by others too', async () => {
      await using made = await harness.create()
      const { storage } = made
      expect(await storage.put('a/b/c.txt', '0123456789')).toMatchObject({ key: 'a/b/c.txt', size: 10 })
      await using other = await made.open()
      expect(textOf(await other.get('a/b/c.txt'))).toBe('0123456789')
      const ranges = [
        [2, 3, '234'],
        [8, 9, '89'],
        [20, 5, ''],
        [-4, 2, '67'],
        [-4, 9, '6789'],
        [-40, 3, '012'],
        [0, 0, ''],
      ] as const
      for (const [offset, length, text] of ranges)
        expect(textOf(await other.getRange('a/b/c.txt', offset, length))).toBe(text)
      expect(await other.head('a/b/c.txt')).toMatchObject({ key: 'a/b/c.txt', size: 10 })
      expect(textOf(await storage.get('a/b/c.txt'))).toBe('0123456789')
    })

    test('may be empty, and may hold any bytes', async () => {
      await using made = await harness.create()
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      await made.storage.put('empty', '')
      await made.storage.put('bytes', bytes)
      expect(await made.storage.get('empty')).toHaveLength(0)
      expect([...(await made.storage.get('bytes'))]).toEqual([...bytes])
    })

    test('that is not there is told so, and no error to delete', async () => {
      await using made = await harness.create()
      const { storage } = made
      await storage.put('there/x', '1')
      for (const key of ['none', 'none/x', 'there', 'there/x/y']) {
        expect(await storage.head(key)).toBeUndefined()
        await expectCode(storage.get(key), 'LAKE_FILE_NOT_FOUND')
        await expectCode(storage.getRange(key, 0, 1), 'LAKE_FILE_NOT_FOUND')
      }
      await storage.delete(['none', 'there/x'])
      expect(await keysOf(storage.list(''))).toEqual([])
    })

    test('is moved from a local path, and read at one', async () => {
      await using made = await harness.create()
      const { storage } = made
      const local = path.join(storage.staging, 'mine')
      await writeFile(local, 'rows')
      expect(await storage.putFile('t/data/1.parquet', local)).toMatchObject({ size: 4 })
      await expect(stat(local)).rejects.toThrow('ENOENT')
      await using lent = await storage.lend([{ key: 't/data/1.parquet', size: 4 }])
      expect((await stat(lent.paths[0] ?? '')).size).toBe(4)
      await expectCode(storage.putFile('t/data/2.parquet', local), 'LAKE_FILE_NOT_FOUND')
    })

    test('comes from another file system, too', async () => {
      await using made = await harness.create()
      const directory = await mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-'))
      try {
        await writeFile(path.join(directory, 'mine'), 'rows')
        await made.storage.putFile('t/1', path.join(directory, 'mine'), { ifAbsent: true })
        expect(textOf(await made.storage.get('t/1'))).toBe('rows')
      } finally {
        await rm(directory, { recursive: true })
      }
    })
  })

  describe('a conditional put', () => {
    test('does not touch what is there', async () => {
      await using made = await harness.create()
      const { storage } = made
      await storage.put('a', 'first', { ifAbsent: true })
      await expectCode(storage.put('a', 'second', { ifAbsent: true }), 'LAKE_FILE_EXISTS')
      const local = path.join(storage.staging, 'third')
      await writeFile(local, 'third')
      await expectCode(storage.putFile('a', local, { ifAbsent: true }), 'LAKE_FILE_EXISTS')
      expect((await stat(local)).size).toBe(5)
      expect(textOf(await storage.get('a'))).toBe('first')
    })

    test('of 32 writers who race has exactly one winner, and it is the winner whose file is there', async () => {
      await using made = await harness.create()
      for (let round = 0; round < 5; round += 1) {
        const writers = await Promise.all(Array.from({ length: 32 }, () => made.open()))
        const results = await Promise.allSettled(
          writers.map((writer, index) => writer.put(`race/${round}`, String(index), { ifAbsent: true })),
        )
        const won = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
        expect(won).toHaveLength(1)
        expect(textOf(await made.storage.get(`race/${round}`))).toBe(String(won[0]))
      }
    })

    test('has one winner across processes', async () => {
      await using made = await harness.create()
      expect(await made.race('race', 4, 100)).toBe(100)
    })
  })

  describe('a list', () => {
    test('is in the order of keys, has the files of one beginning, and none that is on its way', async () => {
      await using made = await harness.create()
      const { storage } = made
      await writeFile(path.join(storage.staging, 'under-way'), 'x')
      for (const key of ['a/b', 'a-b', 'a.b', 'ab', 'a/c/d', 'a/c-d', 'b']) await storage.put(key, key)
      expect(await keysOf(storage.list(''))).toEqual(['a-b', 'a.b', 'a/b', 'a/c-d', 'a/c/d', 'ab', 'b'])
      expect(await keysOf(storage.list('a/'))).toEqual(['a/b', 'a/c-d', 'a/c/d'])
      expect(await keysOf(storage.list('a/c'))).toEqual(['a/c-d', 'a/c/d'])
      expect(await keysOf(storage.list('a/c/'))).toEqual(['a/c/d'])
      expect(await keysOf(storage.list('none/'))).toEqual([])
      for await (const file of storage.list('b')) expect(file).toMatchObject({ key: 'b', size: 1 })
    })

    test('has just what was put and not deleted, whatever the keys', async () => {
      const part = fc.stringMatching(/^[a-c.\-_ é%]{1,3}$/).filter((text) => !/^\.+$/.test(text))
      const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `k${parts.join('/')}/f`)
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(key, { maxLength: 8 }), fc.nat(8), async (keys, gone) => {
          await using made = await harness.create()
          for (const each of keys) await made.storage.put(each, '')
          await made.storage.delete(keys.slice(0, gone))
          const left = keys.slice(gone).toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
          expect(await keysOf(made.storage.list(''))).toEqual(left)
        }),
        { numRuns: Number(process.env['RUNS'] ?? 20) },
      )
    })
  })

  test.each([
    '',
    '/etc/passwd',
    '../x',
    'a/../../x',
    'a//b',
    'a/./b',
    'a/',
    'a\\b',
    'a\0b',
    'a\nb',
    '.staging/x',
    `${'x'.repeat(256)}/y`,
    'xyz/'.repeat(300),
    'a\uD800',
  ])('the key %j is refused before anything happens', async (key) => {
    await using made = await harness.create()
    const { storage } = made
    await expectCode(storage.put(key, ''), 'LAKE_PATH_INVALID')
    await expectCode(storage.putFile(key, import.meta.filename), 'LAKE_PATH_INVALID')
    await expectCode(storage.get(key), 'LAKE_PATH_INVALID')
    await expectCode(storage.getRange(key, 0, 1), 'LAKE_PATH_INVALID')
    await expectCode(storage.head(key), 'LAKE_PATH_INVALID')
    await expectCode(storage.delete([key]), 'LAKE_PATH_INVALID')
    await expectCode(
      Promise.resolve().then(() => storage.lend([{ key, size: 1 }])),
      'LAKE_PATH_INVALID',
    )
  })
}
