import { randomUUID } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { SluiceError } from '@sluice/core'
import { platform } from '../platform.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { type DeathPoint, DyingProcess, losingAnswer } from './dying-process.testsupport.ts'
import { openEmbeddedCatalog } from './embedded-catalog.ts'
import { createLake, type EmbeddedLake } from './embedded-lake.testsupport.ts'
import type { LakeCommit } from './lake-catalog.ts'
import { newTableDirectory } from './lake-paths.ts'
import { appending, appendRows, createTable, creation, type Lake, readRows } from './test-table.testsupport.ts'

/** What one process does: a table, an append, three at once that are made together, and one of two tables. */
async function work(lake: Lake, ids: readonly string[], acknowledged: (id: string) => void): Promise<void> {
  const commit = async (id: string | undefined, tables: () => Promise<LakeCommit['tables']>): Promise<void> => {
    await lake.catalog.commit({ id: String(id), tables: await tables() })
    acknowledged(String(id))
  }
  const found = await lake.catalog.find('a.b')
  const directory = found?.directory ?? newTableDirectory('a.b', randomUUID())
  const table = { name: 'a.b', directory }
  const made = { ...creation(lake, 'a.b'), directory }
  const location = { action: 'set-location', location: `${lake.storage.url}/${directory}` } as const
  await commit(ids[0], async () => [{ ...made, updates: [...made.updates, location] }])
  await commit(ids[1], async () => [await appending(lake, table, ['1'])])
  await Promise.all(
    ['2', '3', '4'].map((row, at) => commit(ids[at + 2], async () => [await appending(lake, table, [row])])),
  )
  const bad = creation(lake, 'a.bad')
  await commit(ids[5], async () => [
    await appending(lake, table, ['5']),
    {
      ...(await appending(lake, { name: 'a.bad', directory: String(bad.directory) }, ['x'])),
      ...bad,
    },
  ])
}

const rowOf = (at: number): string | undefined => (at === 0 ? undefined : String(at))

describe('a process that is killed', () => {
  test('at any step leaves a table with every acknowledged commit, and what is repeated is done once', async () => {
    const undisturbed = await killedAt(undefined)
    expect(undisturbed).toBeGreaterThan(20)
    for (let at = 1; at <= undisturbed; at += 1) {
      for (const mode of ['before', 'after'] as const) await killedAt({ at, mode })
    }
  }, 240_000)
})

/** One case. Answers how many steps the process took. */
async function killedAt(point: DeathPoint | undefined): Promise<number> {
  await using lake = await createLake()
  const process = new DyingProcess(point)
  const storage = process.watch(lake.storage, ['put', 'putFile', 'delete'])
  const store = process.watch(lake.store, ['commitLake', 'initSetting'])
  const ids = Array.from({ length: 6 }, () => randomUUID())
  const acknowledged: string[] = []
  const killed = openEmbeddedCatalog(store, storage).then((catalog) =>
    work({ catalog, storage }, ids, (id) => acknowledged.push(id)),
  )
  if (point === undefined) await killed
  else await killed.catch(() => undefined)

  const next = await lake.open()
  const rows = (await next.catalog.find('a.b')) === undefined ? [] : await readRows(next, 'a.b')
  const known = ids
    .flatMap((id, at) => (acknowledged.includes(id) ? [rowOf(at)] : []))
    .filter((row) => row !== undefined)
  expect(rows).toEqual(expect.arrayContaining(known))
  expect(new Set(rows).size).toBe(rows.length)
  await work(next, ids, () => undefined)
  expect(await readRows(next, 'a.b')).toEqual(['1', '2', '3', '4', '5'])
  expect(await readRows(next, 'a.bad')).toEqual(['x'])
  return process.steps
}

describe('a store', () => {
  test('whose answer to a commit is lost is asked for it, and the commit is made once', async () => {
    await using lake = await createLake()
    for (let at = 1; at <= 3; at += 1) {
      const catalog = await openEmbeddedCatalog(losingAnswer(lake.store, 'commitLake', at), lake.storage)
      const unlucky = { catalog, storage: lake.storage }
      const table = await createTable(unlucky, `a.t${at}`)
      await Promise.all(['1', '2', '3'].map((row) => appendRows(unlucky, table, [row])))
      expect(await readRows(lake, `a.t${at}`)).toEqual(['1', '2', '3'])
    }
  })

  test('that answers no more leaves a commit unknown, and the same commit is made later', async () => {
    await using lake = await createLake()
    const table = await createTable(lake, 'a.b')
    const lost = losingAnswer(lake.store, 'commitLake', 1)
    let gone = false
    const store = new Proxy(lost, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          if (gone) throw new SluiceError('STORE_UNAVAILABLE')
          return member.apply(target, args).catch((error: unknown) => {
            gone = true
            throw error
          })
        }
      },
    })
    const catalog = await openEmbeddedCatalog(store, lake.storage, { patienceMs: 20 })
    const commit = { id: randomUUID(), tables: [await appending(lake, table, ['1'])] }
    await expectCode(catalog.commit(commit), 'LAKE_COMMIT_UNKNOWN')
    expect((await lake.catalog.commit(commit)).repeated).toBe(true)
    expect(await readRows(lake, 'a.b')).toEqual(['1'])
  })
})

describe('a lake', () => {
  test('that another catalogue wrote may be read and not written, until it is adopted', async () => {
    await using lake = await createLake()
    await createTable(lake, 'a.b')
    await using other = await createLake()
    const storage = await openLocalStorage(lake.root)
    const stranger = { storage, catalog: await openEmbeddedCatalog(other.store, storage) }
    await expectCode(createTable(stranger, 'a.c'), 'LAKE_FOREIGN_CATALOG')
    await stranger.catalog.adopt()
    await createTable(stranger, 'a.c')
    await expectCode(createTable(lake, 'a.d'), 'LAKE_FOREIGN_CATALOG')
  })

  test('whose files are somewhere else is not begun anew', async () => {
    await using lake = await createLake()
    const table = await createTable(lake, 'a.b')
    const storage = await openLocalStorage(`${lake.root}-empty`)
    const elsewhere = { storage, catalog: await openEmbeddedCatalog(lake.store, storage) }
    await expectCode(createTable(elsewhere, 'a.c'), 'LAKE_FILE_NOT_FOUND')
    await expectCode(readRows(elsewhere, table.name), 'LAKE_FILE_NOT_FOUND')
  })

  test('that was moved is read and written where it is now', async () => {
    await using lake = await createLake()
    const table = await createTable(lake, 'a.b')
    await appendRows(lake, table, ['1'])
    const moved = `${lake.root}-moved`
    await rename(lake.root, moved)
    const storage = await openLocalStorage(moved)
    const there = { storage, catalog: await openEmbeddedCatalog(lake.store, storage) }
    expect(await readRows(there, 'a.b')).toEqual(['1'])
    await appendRows(there, table, ['2'])
    expect(await readRows(there, 'a.b')).toEqual(['1', '2'])
  })

  test('whose disk is full refuses a commit, and goes on when there is room', async () => {
    await using lake = await createLake()
    const table = await createTable(lake, 'a.b')
    const { catalog, storage } = await fullDisk(lake)
    const change = await appending(lake, table, ['1'])
    const commit = { id: randomUUID(), tables: [change] }
    await expectCode(catalog.commit(commit), 'LAKE_STORAGE_UNAVAILABLE')
    expect(await readRows(lake, 'a.b')).toEqual([])
    storage.full = false
    expect(await catalog.commit(commit)).toMatchObject({ repeated: false })
    expect(await readRows(lake, 'a.b')).toEqual(['1'])
  })
})

async function fullDisk(lake: EmbeddedLake): Promise<{ catalog: Lake['catalog']; storage: { full: boolean } }> {
  const state = { full: true }
  const storage = new Proxy(lake.storage, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'put') return member.bind(target) as unknown
      return async (...args: unknown[]): Promise<unknown> => {
        if (state.full) throw new SluiceError('LAKE_STORAGE_UNAVAILABLE', { reason: 'the disk is full' })
        return (member as (...values: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  return { catalog: await openEmbeddedCatalog(lake.store, storage, { platform }), storage: state }
}
