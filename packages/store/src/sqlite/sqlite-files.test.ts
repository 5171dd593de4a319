import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openStore } from '../open-store.ts'
import { platform } from '../platform.ts'
import { expectCode } from '../suites/harness.testsuite.ts'
import { batch, rootRun, task } from '../suites/records.testsuite.ts'
import { migrate } from './migrate.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { SqliteDriver } from './sqlite-driver.ts'
import { createDatabase } from './sqlite-harness.testsuite.ts'
import { inProcess } from '../suites/processes.testsuite.ts'
import { databaseStore } from '../database-store.ts'

test('a file that is no database is told to be damaged, and how to go on', async () => {
  await using database = createDatabase()
  await (await database.open()).close()
  writeFileSync(database.target, 'not a database, whatever its name says. '.repeat(200))
  await expectCode(database.open(), 'STORE_CORRUPT')
  await expect(database.open()).rejects.toThrow(/Restore it from a backup, or move the file away/)
})

test('a damaged page is told when it is met', async () => {
  await using database = createDatabase()
  const store = await database.open()
  const run = rootRun()
  await store.createRun(run)
  await store.appendJournal(batch(run.id, 1, [task(run.id, 1)]))
  await store.close()
  destroyFirstPage(database.target, 'task_run')
  await using damaged = await database.open()
  await expectCode(damaged.loadCheckpoints(run.id), 'STORE_CORRUPT')
})

function destroyFirstPage(path: string, table: string): void {
  const database = new DatabaseSync(path)
  const found = database.prepare('select rootpage from sqlite_schema where name = ?').get(table)
  database.close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, (Number(found?.['rootpage']) - 1) * 4096, Number(found?.['rootpage']) * 4096)
  writeFileSync(path, bytes)
}

test('a SQLite file of another program is left alone', async () => {
  await using database = createDatabase()
  const path = join(dirname(dirname(database.target)), 'notes.db')
  const notes = new DatabaseSync(path)
  notes.exec('create table note (text)')
  await expectCode(openStore(path), 'STORE_CORRUPT')
  expect(notes.prepare("select count(*) as tables from sqlite_schema where type = 'table'").get()).toEqual({
    tables: 1,
  })
  notes.close()
})

test('reading a file that does not exist creates nothing', async () => {
  await using database = createDatabase()
  await expectCode(database.open({ readOnly: true }), 'STORE_UNAVAILABLE')
  expect(existsSync(dirname(database.target))).toBe(false)
})

test('a file that must first be brought up to date is not opened for reading', async () => {
  await using database = createDatabase()
  await (await database.open()).close()
  await database.execute('delete from sluice_migration')
  await expectCode(database.open({ readOnly: true }), 'STORE_READ_ONLY')
})

test('a schema that another process made in the meantime is left as it is', async () => {
  await using database = createDatabase()
  mkdirSync(dirname(database.target))
  class LateConnection extends SqliteConnection {
    override transaction<T>(work: () => T): T {
      migrate(first, database.target, () => 0)
      return super.transaction(work)
    }
  }
  const first = new SqliteConnection(new DatabaseSync(database.target))
  const late = new LateConnection(new DatabaseSync(database.target))
  migrate(late, database.target, () => 0)
  for (const connection of [first, late]) connection.close()
  await (await database.open()).close()
})

test('a full disk is told as such, and appending goes on once there is room', async () => {
  const database = new DatabaseSync(':memory:')
  const connection = new SqliteConnection(database)
  migrate(connection, ':memory:', () => 0)
  await using store = databaseStore(new SqliteDriver(connection, ':memory:', platform))
  const run = rootRun()
  await store.createRun(run)
  const pages = Number(database.prepare('pragma page_count').get()?.['page_count'])
  database.exec(`pragma max_page_count = ${pages}`)
  const large = batch(run.id, 1, [task(run.id, 1), task(run.id, 2, { result: { text: 'x'.repeat(60_000) } })])
  await expectCode(store.appendJournal(large), 'STORE_FULL')
  expect((await store.loadCheckpoints(run.id)).tasks).toEqual([])
  database.exec('pragma max_page_count = 100000')
  await store.appendJournal(large)
  expect((await store.loadCheckpoints(run.id)).tasks).toHaveLength(2)
})

test('a store in memory is one of its own', async () => {
  await using store = await openStore(':memory:')
  await using other = await openStore(':memory:')
  const run = rootRun()
  await store.createRun(run)
  expect((await store.getRun(run.id))?.id).toBe(run.id)
  expect(await other.getRun(run.id)).toBeUndefined()
  await using later = await openStore(':memory:')
  expect(await later.getRun(run.id)).toBeUndefined()
  await later.createRun(run)
  expect((await later.getRun(run.id))?.id).toBe(run.id)
})

test('an append to a busy file says so at once, and whatever else is asked waits for its turn', async () => {
  await using database = createDatabase()
  await using store = await database.open()
  const [run, other] = [rootRun(), rootRun()]
  await store.createRun(run)
  const held = await database.holdAppend(batch(run.id, 1, [task(run.id, 1)]))
  await expectCode(store.appendJournal(batch(run.id, 1, [])), 'STORE_UNAVAILABLE')
  await expect(store.appendJournal(batch(run.id, 1, []))).rejects.toMatchObject({ details: { busy: true } })
  const creating = store.createRun(other)
  await held.blocking()
  await held.commit()
  await creating
  expect(await store.getRun(other.id)).toBeDefined()
})

test('a directory without write access is told, and files in it can still be read', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-readonly-'))
  try {
    const target = join(directory, 'sluice.db')
    const run = rootRun()
    const store = await openStore(target)
    await store.createRun(run)
    await store.close()
    chmodSync(target, 0o444)
    chmodSync(directory, 0o555)
    const told = await inProcess('read-denied.testsuite.ts', [directory, run.id], { asNobody: true })
    expect(told.split('\n')).toEqual(['new file: STORE_READ_ONLY', 'old file: STORE_READ_ONLY', `read: ${run.id}`, ''])
  } finally {
    chmodSync(directory, 0o755)
    rmSync(directory, { recursive: true })
  }
})
