import { promises as fs } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { platform } from '../platform.ts'
import { parseBytes } from './bytes-text.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { NeededFile } from './lake-storage.ts'
import { type Download, ReadCache } from './read-cache.ts'

describe('the cache of a lake in a bucket', () => {
  let directory = ''
  /** Goes on with every look: what is used later is used at a later time. */
  let now = 1_780_000_000_000
  let downloads: string[] = []
  beforeEach(async () => {
    directory = await fs.mkdtemp(path.join(tmpdir(), 'sluice-cache-'))
    downloads = []
  })
  afterEach(() => fs.rm(directory, { recursive: true }))

  const cacheOf = (budget: number, more: { downloads?: number } = {}): ReadCache =>
    new ReadCache({ directory, budget, platform: { ...platform, now: () => (now += 1000) }, ...more })
  const file = (key: string, size = 10): NeededFile => ({ key, size })
  const download: Download = async (key, target) => {
    downloads.push(key)
    await fs.writeFile(target, key.padEnd(10, '.'))
  }
  const contents = (paths: readonly string[]): Promise<readonly string[]> =>
    Promise.all(paths.map((each) => fs.readFile(each, 'utf8')))
  const used = async (cache: ReadCache, ...keys: readonly string[]): Promise<void> => {
    await using _lent = await cache.lend(
      keys.map((key) => file(key)),
      download,
    )
  }

  test('gives paths in the order that was asked for, twice what was asked for twice, and downloads once', async () => {
    const cache = cacheOf(100)
    await using lent = await cache.lend([file('b'), file('a'), file('b')], download)
    expect(await contents(lent.paths)).toEqual(['b.........', 'a.........', 'b.........'])
    await used(cache, 'a', 'b')
    await used(cacheOf(100), 'a', 'b')
    expect(downloads.toSorted()).toEqual(['a', 'b'])
  })

  test('drops what was used least lately, and only as much as it must', async () => {
    const cache = cacheOf(30)
    await used(cache, 'a')
    await used(cache, 'b')
    await used(cache, 'c')
    await used(cache, 'a')
    await used(cache, 'd')
    downloads = []
    await used(cache, 'a', 'c', 'd')
    expect(downloads).toEqual([])
    await used(cache, 'b')
    expect(downloads).toEqual(['b'])
  })

  test('says what does not fit, and how much it is, before it downloads anything', async () => {
    const cache = cacheOf(25)
    await used(cache, 'a')
    downloads = []
    const lending = cache.lend([file('a'), file('b'), file('c')], download)
    await expect(lending).rejects.toMatchObject({
      code: 'LAKE_CACHE_TOO_SMALL',
      message: expect.stringContaining('have 30 B; the cache of the lake holds 25 B.'),
    })
    expect(downloads).toEqual([])
    expect(await fs.readdir(path.join(directory, 'pins'))).toEqual([])
  })

  test('takes nothing away from who reads: in this process, or in another one that shares the directory', async () => {
    await using lent = await cacheOf(30).lend([file('a'), file('b')], download)
    const other = cacheOf(30)
    await expectCode(other.lend([file('c'), file('d')], download), 'LAKE_CACHE_TOO_SMALL')
    await used(other, 'c')
    await used(other, 'd')
    expect(await contents(lent.paths)).toEqual(['a.........', 'b.........'])
    downloads = []
    await used(other, 'a', 'b')
    expect(downloads).toEqual([])
    await lent[Symbol.asyncDispose]()
    await used(other, 'c', 'd', 'e')
    expect(downloads.toSorted()).toEqual(['c', 'e'])
  })

  test('downloads a file once for all who wait for it, several files at a time', async () => {
    const cache = cacheOf(1000, { downloads: 2 })
    const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
    let [running, most] = [0, 0]
    const slow: Download = async (key, target) => {
      most = Math.max(most, (running += 1))
      await download(key, target)
      await gates[Number(key)]?.promise
      running -= 1
    }
    const lending = ['0', '1', '0', '2', '1'].map((key) => cache.lend([file(key)], slow))
    await expect.poll(() => downloads).toHaveLength(2)
    gates[Number(downloads[0])]?.resolve()
    await expect.poll(() => downloads).toHaveLength(3)
    for (const gate of gates) gate.resolve()
    const lent = await Promise.all(lending)
    expect(await contents(lent.flatMap(({ paths }) => paths))).toEqual(
      ['0', '1', '0', '2', '1'].map((key) => key.padEnd(10, '.')),
    )
    for (const each of lent) await each[Symbol.asyncDispose]()
    expect(downloads.toSorted()).toEqual(['0', '1', '2'])
    expect(most).toBe(2)
  })

  test('counts what is on its way: it never holds more than it may', async () => {
    const cache = cacheOf(20)
    const gate = Promise.withResolvers<void>()
    const lending = cache.lend([file('a')], async (key, target) => {
      await gate.promise
      await download(key, target)
    })
    await used(cache, 'b')
    await used(cache, 'c')
    gate.resolve()
    await (await lending)[Symbol.asyncDispose]()
    downloads = []
    await used(cache, 'c', 'a')
    expect(downloads).toEqual([])
    await used(cache, 'b')
    expect(downloads).toEqual(['b'])
  })

  test('a download that fails leaves nothing behind, and the next one is made anew', async () => {
    const cache = cacheOf(100)
    const broken: Download = async (key, target) => {
      await fs.writeFile(target, key)
      throw new Error('the network is gone')
    }
    await expect(cache.lend([file('a'), file('b')], broken)).rejects.toThrow('the network is gone')
    await expectCode(
      cache.lend([file('a')], (_, target) => fs.writeFile(target, 'short')),
      'LAKE_METADATA_INVALID',
    )
    for (const place of ['incoming', 'pins']) expect(await fs.readdir(path.join(directory, place))).toEqual([])
    await used(cache, 'a')
    expect(downloads).toEqual(['a'])
  })

  test('a file that a crash of the machine has cut is downloaded again', async () => {
    await used(cacheOf(100), 'a')
    const found = await fs.readdir(path.join(directory, 'files'), { recursive: true, withFileTypes: true })
    const cached = found.find((each) => each.isFile())
    if (!cached) throw new Error('nothing was kept')
    await fs.truncate(path.join(cached.parentPath, cached.name), 3)
    await using lent = await cacheOf(100).lend([file('a')], download)
    expect(await contents(lent.paths)).toEqual(['a.........'])
    expect(downloads).toEqual(['a', 'a'])
  })

  test('what a killed process was reading or downloading is dropped by the next', async () => {
    const dead = path.join(directory, 'pins', `${encodeURIComponent(hostname())}~${2 ** 30}~x`)
    const elsewhere = path.join(directory, 'pins', 'another-machine~1~x')
    await fs.mkdir(dead, { recursive: true })
    await fs.mkdir(elsewhere)
    await fs.mkdir(path.join(directory, 'incoming'))
    await fs.writeFile(path.join(directory, 'incoming', path.basename(dead)), 'half of it')
    await used(cacheOf(100), 'a')
    expect(await fs.readdir(path.join(directory, 'pins'))).toEqual(['another-machine~1~x'])
    expect(await fs.readdir(path.join(directory, 'incoming'))).toEqual([])
  })

  test('what was not given back is, when the lake is closed', async () => {
    const cache = cacheOf(100)
    await cache.lend([file('a')], download)
    await cache[Symbol.asyncDispose]()
    expect(await fs.readdir(path.join(directory, 'pins'))).toEqual([])
  })

  test('keeps what was written here, if there is room for it, and lends it', async () => {
    const cache = cacheOf(20)
    const local = path.join(directory, 'mine')
    await fs.writeFile(local, 'a'.repeat(10))
    await cache.adopt('a', local, 10)
    await expect(fs.stat(local)).rejects.toThrow('ENOENT')
    await used(cache, 'a')
    expect(downloads).toEqual([])
    await fs.writeFile(local, 'b'.repeat(30))
    await cache.adopt('b', local, 30)
    await expect(fs.stat(local)).rejects.toThrow('ENOENT')
    await used(cache, 'a')
    expect(downloads).toEqual([])
    await cache.keep('m', Buffer.from('metadata'))
    expect(Buffer.from((await cache.read('m')) ?? []).toString()).toBe('metadata')
    await cache.forget('m')
    expect(await cache.read('m')).toBeUndefined()
  })

  test.each([
    ['20GB', 20e9],
    ['512 MiB', 512 * 2 ** 20],
    ['1.5k', 1500],
    ['1000000', 1e6],
  ])('its size %s is understood', (text, bytes) => {
    expect(parseBytes(text, 'SLUICE_LAKE_CACHE_SIZE')).toBe(bytes)
  })

  test.each(['', 'much', '-1GB', '10XB', 'GB'])('its size %j is refused', (text) => {
    expect(() => parseBytes(text, 'SLUICE_LAKE_CACHE_SIZE')).toThrow(/SLUICE_LAKE_CACHE_SIZE/)
  })
})
