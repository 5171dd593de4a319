import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openFileHome, type FileHome } from './file-home.testsupport.ts'
import type { WorkLimits } from './data-processes.ts'
import { serveLake, type ServedLake } from './served-lake.ts'

const soon: WorkLimits = { timeoutMs: 60_000, by: 'ann' }
/** Does not end by itself: the catalogue never answers whether there is such a table. */
const endless = { table: 'bronze.stuck', limit: 1 }
const one = { sql: 'select 1::bigint as n', values: [], limit: 1 }

let home: FileHome
let lake: ServedLake
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-served-'))
  await writeFile(path.join(directory, 'trips.csv'), 'id,fare,at\n1,2.50,2026-01-01\n2,9007199254740993,2026-01-02\n')
  home = await openFileHome()
  vi.stubEnv('SLUICE_DATABASE_URL', 'postgres://secret')
  home = { ...home, store: unansweredFor(endless.table, home.store) }
  lake = await serveLake(home)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await lake[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

/** Never answers whether there is this table. */
function unansweredFor(table: string, store: FileHome['store']): FileHome['store'] {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name)
      if (typeof found !== 'function') return found
      const never = (asked: string): unknown =>
        asked === table ? new Promise(() => undefined) : Reflect.apply(found, target, [asked])
      return name === 'findLakeTable' ? never : (found.bind(target) as unknown)
    },
  })
}

/** Which processes that these have started have had a second of the processor: more than a start takes. Throws when there is none. */
function computing(pids: readonly number[]): readonly number[] {
  const children = pids.flatMap((pid) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  const busy = children.filter((pid) => Number(statOf(pid)[11]) > 100)
  expect(busy).not.toEqual([])
  return busy
}

/** Of `/proc/…/stat`, what follows the name. */
function statOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
}

function isAlive(pid: number): boolean {
  try {
    return statOf(pid)[0] !== 'Z'
  } catch {
    return false
  }
}

describe('the processes beside a server', () => {
  test('are started by the first who needs one, and load, and answer in JSON', async () => {
    expect(lake.work.pids()).toEqual([])
    const load = { table: 'bronze.trips', operation: 'append', files: ['trips.csv'], options: { id: 'l1' } } as const
    expect(await lake.work.run('ingest', load, { ...soon, cwd: directory })).toMatchObject({ rows: 2, repeated: false })
    expect(await lake.work.run('ingest', load, { ...soon, cwd: directory })).toMatchObject({ rows: 2, repeated: true })
    const sql = 'select id, _source_file as file, $1::bigint as big from bronze.trips where id = $2'
    expect(await lake.work.run('query', { sql, values: ['9007199254740993', 1], limit: 5 }, soon)).toEqual({
      columns: [
        { name: 'id', type: 'BIGINT' },
        { name: 'file', type: 'VARCHAR' },
        { name: 'big', type: 'BIGINT' },
      ],
      rows: [{ id: 1, file: 'trips.csv', big: '9007199254740993' }],
      more: false,
    })
    expect(lake.work.pids()).toHaveLength(1)
  })

  test('look after tables beside their loads', async () => {
    const left = path.join(lake.storage.staging, 'upload-left')
    await mkdir(left, { recursive: true })
    await utimes(left, 0, 0)
    const load = { table: 'bronze.tended', operation: 'append', files: ['trips.csv'], options: {} } as const
    await lake.work.run('ingest', load, { ...soon, cwd: directory })
    await vi.waitFor(() => expect(existsSync(left)).toBe(false), { timeout: 20_000 })
  })

  test('say when there is more than was asked for', async () => {
    const query = { ...one, sql: 'select id from bronze.trips order by id', limit: 1 }
    expect(await lake.work.run('query', query, soon)).toMatchObject({ rows: [{ id: 1 }], more: true })
    const none = { ...one, sql: 'select id from bronze.trips where id > 9' }
    expect(await lake.work.run('query', none, soon)).toMatchObject({ columns: [{ name: 'id' }], rows: [], more: false })
    expect(await lake.work.run('preview', { table: 'bronze.trips', limit: 1 }, soon)).toMatchObject({ more: true })
  })

  test('tell what goes wrong by its code', async () => {
    await expect(lake.work.run('query', { ...one, sql: "copy x to '/tmp/x'" }, soon)).rejects.toMatchObject({
      code: 'SQL_INVALID',
    })
    const preview = { table: 'bronze.none', limit: 1 }
    await expect(lake.work.run('preview', preview, soon)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
  })

  test('end with what takes too long, and the next one gets another', async () => {
    const [before] = lake.work.pids()
    const late = lake.work.run('preview', endless, { timeoutMs: 400, by: 'ann' })
    await expect(late).rejects.toMatchObject({ code: 'LAKE_TIMEOUT' })
    expect(await lake.work.run('query', one, soon)).toMatchObject({ rows: [{ n: 1 }] })
    expect(lake.work.pids()).not.toContain(before)
  })

  test.runIf(process.platform === 'linux')('take a query without end with them', async () => {
    const sql = 'with recursive r as (select 1 as x union all select x + 1 from r) select max(x) from r'
    const gone = new AbortController()
    const asked = lake.work.run('query', { ...one, sql }, { ...soon, signal: gone.signal })
    const ended = expect(asked).rejects.toThrow('nobody is there')
    const queries = await vi.waitFor(() => computing(lake.work.pids()), { timeout: 30_000 })
    gone.abort(new Error('nobody is there'))
    await ended
    try {
      await vi.waitFor(() => expect(queries.filter(isAlive)).toEqual([]), { timeout: 10_000 })
    } finally {
      for (const pid of queries.filter(isAlive)) process.kill(pid, 'SIGKILL')
    }
  })

  test('end with whoever gives up', async () => {
    const gone = new AbortController()
    const asked = lake.work.run('preview', endless, { ...soon, signal: gone.signal })
    await vi.waitFor(() => expect(lake.work.pids().length).toBeGreaterThan(0))
    gone.abort(new Error('nobody is there'))
    await expect(asked).rejects.toThrow('nobody is there')
  })

  test('take nothing else with them when they crash', async () => {
    const asked = lake.work.run('preview', endless, soon)
    const ended = expect(asked).rejects.toMatchObject({ code: 'LAKE_PROCESS_ENDED' })
    await vi.waitFor(() => expect(lake.work.pids().length).toBeGreaterThan(0))
    for (const pid of lake.work.pids()) process.kill(pid, 'SIGKILL')
    await ended
    expect(await lake.work.run('query', one, soon)).toMatchObject({ rows: [{ n: 1 }] })
  })

  test.runIf(process.platform === 'linux')('know nothing of the database', async () => {
    await lake.work.run('query', one, soon)
    for (const pid of lake.work.pids())
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain('SLUICE_DATABASE_URL')
  })
})

test('as many work at once as may, as many wait as may, and the others are told that it is busy', async () => {
  await using small = await serveLake(home, { most: 1, mostWaiting: 1 })
  const gone = new AbortController()
  const limits = { ...soon, signal: gone.signal }
  const first = small.work.run('preview', endless, limits)
  const second = small.work.run('preview', endless, limits)
  await expect(small.work.run('query', one, soon)).rejects.toMatchObject({ code: 'LAKE_BUSY' })
  const ended = Promise.allSettled([first, second])
  gone.abort(new Error('given up'))
  expect(await ended).toMatchObject([{ reason: { message: 'given up' } }, { reason: { message: 'given up' } }])
  expect(await small.work.run('query', one, soon)).toMatchObject({ rows: [{ n: 1 }] })
})

test('one without work ends by itself, and all of them end with the server', async () => {
  const brief = await serveLake(home, { idleMs: 50 })
  await brief.work.run('query', one, soon)
  await vi.waitFor(() => expect(brief.work.pids()).toEqual([]), { timeout: 10_000 })
  const asked = brief.work.run('preview', endless, soon)
  const ended = expect(asked).rejects.toMatchObject({ code: 'LAKE_PROCESS_ENDED' })
  await vi.waitFor(() => expect(brief.work.pids()).toHaveLength(1))
  await brief[Symbol.asyncDispose]()
  await ended
  expect(brief.work.pids()).toEqual([])
  await expect(brief.work.run('query', one, soon)).rejects.toMatchObject({ code: 'SERVER_STOPPING' })
})
