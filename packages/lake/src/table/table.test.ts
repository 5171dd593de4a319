import { continueRun, flow, openHome, type OpenHome, startRun, task } from '@sluice/engine'
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withoutOurs } from '../testing/test-lake.testsupport.ts'
import { lakeOf } from './open-lake.ts'
import { day } from './partition-helpers.ts'
import { lake, table } from './table.ts'
import type { LoadResult, Table } from './types.ts'

let directory: string
let home: OpenHome
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-table-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
})
afterAll(async () => {
  await (await lakeOf(home))[Symbol.asyncDispose]()
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

let count = 0
let name: string
beforeEach(() => {
  name = `bronze.t${++count}`
})

/** What a flow of this body gives. */
function inRun<T>(body: () => Promise<T>): Promise<T> {
  return startRun(flow({ name: 'f' }, body), undefined, { home }) as Promise<T>
}

async function rowsOf(of: Pick<Table, 'rows'>, options = {}): Promise<readonly object[]> {
  const rows: object[] = []
  for await (const row of of.rows(options)) rows.push(withoutOurs(row))
  return rows
}

describe('a table', () => {
  test('is made by its first load, from a file', async () => {
    const file = path.join(directory, 'trips.csv')
    await writeFile(file, 'id,pickup_at,fare\n1,2026-01-01 10:00:00,12.5\n2,2026-01-02 11:00:00,7\n')
    const trips = table(name, { owner: 'data@example.org', partitionBy: [day('pickup_at')] })
    await inRun(async () => {
      expect(await trips.append(file)).toMatchObject({ rows: 2, rejected: 0, published: true, repeated: false })
      await trips.append([{ id: 3, pickup_at: '2026-01-03 00:00:00', fare: 1 }])
      expect(await rowsOf(trips, { where: { id: { gte: 2 } }, columns: ['id', 'fare'] })).toEqual([
        { id: 2, fare: 7 },
        { id: 3, fare: 1 },
      ])
      expect(await rowsOf(lake.table(name), { limit: 1 })).toHaveLength(1)
    })
  })

  test('a reference or a cursor that is written as text is refused before anything is done with it', async () => {
    const invalid = expect.objectContaining({ code: 'OPTION_INVALID' })
    const asText = { references: { zone: 'bronze.zones.id' } } as object
    expect(() => table('bronze.referring', asText)).toThrow(invalid)
    const referring = table('bronze.referring')
    await expect(referring.append([{ id: 1 }], { cursor: 'id' } as object)).rejects.toEqual(invalid)
  })

  test('takes no option that it does not know: a misspelt one would be ignored', async () => {
    const unknown = expect.objectContaining({ code: 'OPTION_UNKNOWN' })
    expect(() => table(name, { keys: ['id'] } as object)).toThrow(unknown)
    expect(() => table(name, { columns: { fare: { typ: 'double' } as object } })).toThrow(unknown)
    await inRun(async () => {
      const trips = table(name)
      const rows = [{ id: 1 }]
      const calls = [
        () => trips.append(rows, { brunch: 'dev' } as object),
        () => trips.replace(rows, { csv: { delimitr: ';' } as object }),
        () => trips.merge(rows, { keys: ['id'] } as object),
        () => trips.overwrite(rows, { where: { id: 1 }, onse: 'path' } as never),
      ]
      for (const call of calls) await expect(call()).rejects.toThrow(unknown)
      await trips.append(rows)
      await expect(rowsOf(trips, { wher: { id: 2 } })).rejects.toThrow(unknown)
      expect(await rowsOf(trips)).toEqual(rows)
    })
  })

  test('gives its files and its metadata to other tools, also those of a version', async () => {
    await inRun(async () => {
      const trips = table(name)
      const { snapshot } = await trips.append([{ id: 1 }])
      await trips.append([{ id: 2 }])
      expect(await trips.files()).toHaveLength(2)
      expect(await trips.at(snapshot ?? '').files()).toHaveLength(1)
      expect(await rowsOf(trips.at(BigInt(snapshot ?? 0)))).toEqual([{ id: 1 }])
      const metadata = await readFile(await trips.metadataLocation(), 'utf8')
      expect(JSON.parse(metadata)).toMatchObject({ 'format-version': 2 })
      expect(trips.at('main').version).toBe('main')
      expect(trips.col('id')).toEqual({ table: name, column: 'id' })
    })
  })

  test.each([
    'trips',
    'Bronze.trips',
    'bronze.trips.x',
    "bronze.'; drop",
    '../x.y',
    'quarantine.bronze__x',
    'system.x',
  ])('called %s is refused when something is to be written', async (bad) => {
    await expect(inRun(() => table(bad).append([{ id: 1 }]))).rejects.toMatchObject({ code: 'TABLE_NAME_INVALID' })
  })
})

describe('the versions of a table', () => {
  test('are listed, named, compared and gone back to from code', async () => {
    const prices = table(name, { key: ['id'] })
    await inRun(async () => {
      const first = await prices.append([{ id: 1, price: 10 }])
      const second = await prices.append([{ id: 2, price: 20, note: 'new' }])
      expect(await prices.tag('audited', { version: first.snapshot ?? '' })).toMatchObject({ before: undefined })
      expect(await prices.branch('try', { from: 'audited' })).toMatchObject({ snapshot: first.snapshot })
      expect((await prices.versions()).map(({ snapshot, refs }) => [snapshot, refs])).toEqual([
        [second.snapshot, []],
        [first.snapshot, ['audited', 'try']],
      ])
      expect((await prices.schemaVersions()).map(({ changes }) => changes)).toEqual([[], ['+ note string']])
      expect(await prices.diff('audited')).toMatchObject({ added: 1, removed: 0, changed: 0, to: second.snapshot })
      expect(await prices.diff('main', 'audited', { key: ['id'] })).toMatchObject({ added: 0, removed: 1 })
      expect(await prices.rollback('audited')).toMatchObject({ ref: 'main', before: second.snapshot })
      expect(await rowsOf(prices, { columns: ['id'] })).toEqual([{ id: 1 }])
      await prices.deleteBranch('try')
      await prices.deleteTag('audited')
      expect((await prices.details()).refs.map((ref) => ref.name)).toEqual(['main'])
    })
  })

  test('keep their tag unless it is said that it may move', async () => {
    const prices = table(name)
    await inRun(async () => {
      const first = await prices.append([{ id: 1 }])
      await prices.tag('good')
      await prices.tag('good') // The same again is no error.
      await prices.append([{ id: 2 }])
      await expect(prices.tag('good')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
      expect(await prices.tag('good', { move: true })).toMatchObject({ before: first.snapshot })
      await expect(prices.deleteBranch('good')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
      await expect(prices.deleteTag('none')).rejects.toMatchObject({ code: 'TABLE_VERSION_NOT_FOUND' })
      await expect(prices.tag('good', { at: 'x' } as object)).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
      await expect(prices.branch('b', { at: 'x' } as object)).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
    })
  })

  test('are not moved by a task whose attempt is over', async () => {
    const prices = table(name)
    let later: (() => Promise<unknown>) | undefined
    const step = task({ name: 'step' }, () => {
      const here = AsyncLocalStorage.snapshot()
      later = () => here(() => prices.tag('late'))
    })
    await inRun(async () => {
      await prices.append([{ id: 1 }])
      await step()
      await expect(later?.()).rejects.toMatchObject({ code: 'ATTEMPT_CLOSED' })
      expect((await prices.details()).refs.map((ref) => ref.name)).toEqual(['main'])
    })
  })
})

test('the lake tells of all tables, looks after its files, and has no incident', async () => {
  await inRun(async () => {
    await table(name).append([{ id: 1 }])
    expect((await lake.tables({ prefix: name })).map((one) => one.name)).toContain(name)
    expect(await lake.verify()).toMatchObject({ problems: [] })
    expect(await lake.sweep({ dryRun: true })).toMatchObject({ expired: 0 })
    expect(await lake.incidents({ state: 'open' })).toEqual([])
    await expect(lake.incident('none')).rejects.toMatchObject({ code: 'INCIDENT_NOT_FOUND' })
    await expect(lake.resolveIncident('none', 'seen')).rejects.toMatchObject({ code: 'INCIDENT_NOT_FOUND' })
    await expect(lake.tables({ prefx: 'a' } as object)).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
  })
})

describe('a load in a task', () => {
  test('is the same load at every try: the table has its rows once', async () => {
    let tries = 0
    const results: LoadResult[] = []
    const load = task({ name: 'load', retries: 1 }, async () => {
      results.push(await table(name).append([{ id: 1 }]))
      results.push(await table(name).append([{ id: 1 }]))
      if (tries++ === 0) throw new Error('after the commits')
    })
    await inRun(async () => load())
    expect(results.map(({ repeated }) => repeated)).toEqual([false, false, true, true])
    expect(results[0]?.loadId).toBe(results[2]?.loadId)
    expect(await inRun(() => rowsOf(table(name)))).toEqual([{ id: 1 }, { id: 1 }])
  })

  test('is the same load when its run goes on after it failed', async () => {
    let broken = true
    const body = flow({ name: `goes-on-${name}` }, async () => {
      await table(name).append([{ id: 1 }])
      if (broken) throw new Error('after the commit')
      return rowsOf(table(name))
    })
    const root = startRun(body, undefined, { home })
    await expect(root).rejects.toThrow('after the commit')
    broken = false
    const run = await home.store.getRun(root.id)
    if (!run) throw new Error('no run')
    const again = continueRun({ home, run, flow: body, mode: 'retry' })
    expect(await again).toEqual([{ id: 1 }])
  })

  test('says which run and task made a snapshot', async () => {
    const seen = await inRun(async () => {
      await task({ name: 'load' }, async () => {
        await table(name).append([{ id: 1 }])
      })()
      return table(name).metadataLocation()
    })
    const text = await readFile(seen, 'utf8')
    expect(text).toMatch(/"sluice.run-id":"[0-9a-f-]{36}"/)
    expect(text).toMatch(/"sluice.task-run-id":"[0-9a-f-]{36}"/)
  })

  test('that goes on after its attempt was given up commits nothing', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    let late: Promise<unknown> | undefined
    const load = task({ name: 'load', timeout: '100ms' }, async () => {
      async function* rows() {
        yield { id: 1 }
        await gate
        yield { id: 2 }
      }
      late = table(name).append(rows())
      await late
    })
    await expect(inRun(async () => load())).rejects.toMatchObject({ code: 'TASK_TIMEOUT' })
    open()
    await expect(late).rejects.toThrow()
    await expect(inRun(() => rowsOf(table(name)))).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
  })

  test('of a settled attempt is refused', async () => {
    let later: (() => Promise<LoadResult>) | undefined
    const step = task({ name: 'step' }, () => {
      const target = table(name)
      const here = AsyncLocalStorage.snapshot()
      later = () => here(() => target.append([{ id: 1 }]))
    })
    await inRun(async () => {
      await step()
      await expect(later?.()).rejects.toMatchObject({ code: 'ATTEMPT_CLOSED' })
    })
  })
})
