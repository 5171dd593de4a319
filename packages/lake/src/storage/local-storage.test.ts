import { promises as fs } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { storageSuite, type TestStorage } from './lake-storage.testsuite.ts'
import { openLocalStorage } from './local-storage.ts'
import { racePuts } from './race-puts.testsupport.ts'

async function create(): Promise<TestStorage> {
  const directory = await fs.mkdtemp(path.join(tmpdir(), 'sluice-lake-'))
  const root = path.join(directory, 'a lake')
  return {
    storage: await openLocalStorage(root),
    open: () => openLocalStorage(root),
    race: (key, processes, times) => racePuts(root, key, processes, times),
    [Symbol.asyncDispose]: () => fs.rm(directory, { recursive: true }),
  }
}

describe('a lake in a directory', () => {
  storageSuite({ create })

  let root = ''
  beforeEach(async () => {
    root = await fs.mkdtemp(path.join(tmpdir(), 'sluice-lake-'))
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await fs.rm(root, { recursive: true, force: true })
  })

  const fails = (method: 'link' | 'rename' | 'open' | 'mkdir', code: string): void => {
    vi.spyOn(fs, method).mockRejectedValueOnce(Object.assign(new Error(`${code}: told by the test`), { code }))
  }

  test('has a plain URL, as other engines read it', async () => {
    expect((await openLocalStorage(`${root}/my lake/`)).url).toBe(`file://${root}/my lake`)
  })

  test.each([
    ['ENOSPC', 'LAKE_STORAGE_UNAVAILABLE', 'the disk is full'],
    ['EDQUOT', 'LAKE_STORAGE_UNAVAILABLE', 'the disk is full'],
    ['EIO', 'LAKE_STORAGE_UNAVAILABLE', 'EIO'],
    ['EMFILE', 'LAKE_STORAGE_UNAVAILABLE', 'EMFILE'],
    ['EACCES', 'LAKE_STORAGE_DENIED', 'EACCES'],
    ['EROFS', 'LAKE_STORAGE_DENIED', 'EROFS'],
  ] as const)('says what %s means, at every step, and leaves nothing behind', async (code, told, reason) => {
    const storage = await openLocalStorage(root)
    for (const step of ['mkdir', 'open', 'rename'] as const) {
      fails(step, code)
      const put = storage.put('a', 'x')
      await expect(put).rejects.toMatchObject({ code: told, message: expect.stringContaining(reason) })
    }
    expect(await fs.readdir(storage.staging)).toEqual([])
    expect(await storage.head('a')).toBeUndefined()
    await storage.put('a', 'x')
  })

  test('copies what cannot be moved', async () => {
    const storage = await openLocalStorage(root)
    const local = path.join(storage.staging, 'mine')
    for (const [step, code] of [
      ['rename', 'EXDEV'],
      ['rename', 'EPERM'],
    ] as const) {
      await fs.writeFile(local, code)
      fails(step, code)
      await storage.putFile(`t/${code}`, local)
      expect(Buffer.from(await storage.get(`t/${code}`)).toString()).toBe(code)
    }
    expect(await fs.readdir(storage.staging)).toEqual([])
  })

  test('opens where nothing can be written, and reads', async () => {
    await fs.writeFile(path.join(root, 'a'), 'x')
    fails('mkdir', 'EROFS')
    const storage = await openLocalStorage(root)
    expect(await storage.head('a')).toMatchObject({ size: 1 })
    fails('mkdir', 'EACCES')
    await expectCode(openLocalStorage(path.join(root, 'none')), 'LAKE_STORAGE_DENIED')
  })

  test('what a killed process was writing is no file of the lake, and in nobody’s way', async () => {
    const storage = await openLocalStorage(root, { newId: () => 'one' })
    vi.spyOn(fs, 'rename').mockRejectedValueOnce(new Error('killed'))
    vi.spyOn(fs, 'rm').mockRejectedValueOnce(new Error('killed'))
    await expect(storage.put('t/a', 'half')).rejects.toThrow('killed')
    expect(await fs.readdir(storage.staging)).toEqual(['one'])
    const next = await openLocalStorage(root)
    const listed: string[] = []
    for await (const { key } of next.list('')) listed.push(key)
    expect(listed).toEqual([])
    await next.put('t/a', 'whole', { ifAbsent: true })
    expect(Buffer.from(await next.get('t/a')).toString()).toBe('whole')
  })
})
