import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { isSluiceError } from '@sluice/core'
import { findBinaries } from './binaries.ts'
import { removeAbandoned } from './directories.ts'
import { linkLibraries } from './link-libraries.ts'
import { startPostgres, type TestPostgres } from './start-postgres.ts'

const env = { PATH: process.env['PATH'] }

async function ask(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ value: unknown }>(text)
    return rows[0]?.value
  } finally {
    await client.end()
  }
}

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('a server of our own', () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres(env)
  })
  afterAll(() => postgres.stop())

  test('answers on a socket only', async () => {
    expect(await ask(postgres.url(), 'select 1 + 1 as value')).toBe(2)
    expect(await ask(postgres.url(), "select current_setting('listen_addresses') as value")).toBe('')
  })

  test('gives each test a database of its own and takes it back, connections or not', async () => {
    const [one, other] = [await postgres.createDatabase(), await postgres.createDatabase()]
    await ask(one.url, 'create table t (a int)')
    expect(await ask(other.url, "select to_regclass('t') as value")).toBeNull()
    const client = new Client({ connectionString: one.url })
    client.on('error', () => undefined)
    await client.connect()
    await one.drop()
    await other.drop()
    expect(
      await ask(postgres.url(), "select count(*)::int as value from pg_database where datname like 'sluice_test%'"),
    ).toBe(0)
    await client.end()
  })

  test('keeps what was committed when it is restarted', async () => {
    const { url, drop } = await postgres.createDatabase()
    await ask(url, 'create table t as select 7 as value')
    await postgres.restart?.()
    expect(await ask(url, 'select value from t')).toBe(7)
    await drop()
  })

  test('leaves no file behind', async () => {
    const second = await startPostgres(env)
    const directory = new URL(second.url()).searchParams.get('host') ?? ''
    expect(existsSync(directory)).toBe(true)
    await second.stop()
    await second.stop()
    expect(existsSync(directory)).toBe(false)
  })

  test('a server that was running before is used and stays', async () => {
    const guest = await startPostgres({ TEST_DATABASE_URL: postgres.url() })
    const { url, drop } = await guest.createDatabase()
    expect(await ask(url, 'select 1 as value')).toBe(1)
    await drop()
    await guest.stop()
    expect(guest.restart).toBeUndefined()
    expect(await ask(postgres.url(), 'select 1 as value')).toBe(1)
  })
})

test('programs that cannot run are an error that says what was tried, and leave no file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-tmp-'))
  vi.stubEnv('TMPDIR', directory)
  try {
    const error: unknown = await startPostgres({ PG_BIN: '/nowhere' }).catch((reason: unknown) => reason)
    expect(isSluiceError(error, 'TEST_DATABASE_UNAVAILABLE')).toBe(true)
    expect(String(error)).toContain('/nowhere')
    expect(readdirSync(directory)).toEqual([])
  } finally {
    vi.unstubAllEnvs()
    rmSync(directory, { recursive: true })
  }
})

test('what a killed run has left is taken away, and what is in use is not', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-tmp-'))
  const dead = spawnSync(process.execPath, ['--version']).pid
  vi.stubEnv('TMPDIR', directory)
  try {
    const names = [`slpg-${dead}-a`, `slpg-${dead}-b`, `slpg-${process.pid}-c`, 'elsewhere']
    for (const name of names) mkdirSync(join(directory, name, 'data'), { recursive: true })
    writeFileSync(join(directory, `slpg-${dead}-b`, 'data', 'postmaster.pid'), `${process.pid}\n/data\n`)
    removeAbandoned()
    expect(readdirSync(directory).toSorted()).toEqual(names.slice(1).toSorted())
  } finally {
    vi.unstubAllEnvs()
    rmSync(directory, { recursive: true })
  }
})

test('libraries are linked beside a package that must not be changed', () => {
  const root = findBinaries(env)[0]?.packageRoot
  if (root === undefined) return
  const directory = mkdtempSync(join(tmpdir(), 'sluice-link-'))
  linkLibraries(root, join(directory, 'lib'))
  expect(existsSync(join(directory, 'lib', 'libicuuc.so.60'))).toBe(true)
  rmSync(directory, { recursive: true })
})
