import { openStore } from '@sluice/store'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { cleanUpAfterEach, makePlace, startScript, startSluice } from './spawn.ts'

cleanUpAfterEach()

describe('a home that cannot be used', () => {
  for (const [what, code, spoil] of [
    [
      'is not a database',
      'STORE_CORRUPT',
      (file: string) => writeFileSync(file, 'this is no database, but it is long enough to look at\n'.repeat(100)),
    ],
    [
      'belongs to another program',
      'STORE_CORRUPT',
      (file: string) => new DatabaseSync(file).exec('create table theirs (a)'),
    ],
    ['has the schema of a newer Sluice', 'STORE_TOO_NEW', makeNewer],
  ] as const) {
    test(`${what}: ${code}, and the file stays as it was`, async () => {
      const place = makePlace()
      mkdirSync(place.home)
      const file = path.join(place.home, 'sluice.db')
      await spoil(file)
      const before = readFileSync(file)
      for (const child of [startScript('many', place, { args: ['1'] }), startSluice(['runs', 'ls', '--json'], place)]) {
        const end = await child.ended
        expect(end.code).toBe(1)
        expect(end.stderr).toContain(code)
        expect(end.stderr).toContain(file)
      }
      expect(readFileSync(file).equals(before)).toBe(true)
    })
  }

  test('is a database server that is not there: STORE_UNAVAILABLE without the password', async () => {
    const place = makePlace('postgres://me:s3cr3tpass@127.0.0.1:1/none')
    const end = await startScript('many', place, { args: ['1'] }).ended
    expect(end.code).toBe(1)
    expect(end.stderr).toContain('STORE_UNAVAILABLE')
    expect(end.stderr).not.toContain('s3cr3tpass')
  })
})

async function makeNewer(file: string): Promise<void> {
  await (await openStore(file)).close()
  const database = new DatabaseSync(file)
  database.exec(
    "insert into sluice_migration select * from (select version + 1000, 'of the future', version + 1000, applied_at from sluice_migration limit 1)",
  )
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}

describe('a directory that this user cannot write (skipped where root cannot become nobody by setpriv)', () => {
  // Root may write anywhere: as root, the script runs as nobody.
  const isRoot = process.getuid?.() === 0
  const prefix = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : []
  const possible = !isRoot || spawnSync('setpriv', [...prefix.slice(1), process.execPath, '--version']).status === 0

  test.skipIf(!possible)('has no home yet: HOME_READ_ONLY', async () => {
    const place = makePlace()
    chmodSync(place.dir, 0o555)
    const end = await startScript('many', place, { args: ['1'], prefix }).ended
    chmodSync(place.dir, 0o755)
    expect(end.code).toBe(1)
    expect(end.stderr).toContain('HOME_READ_ONLY')
    expect(end.stderr).toContain('SLUICE_HOME')
  })

  test.skipIf(!possible)(
    'has runs in it: STORE_READ_ONLY for a script, and the runs can still be looked at',
    async () => {
      const place = makePlace()
      expect((await startScript('many', place, { args: ['2'] }).ended).code).toBe(0)
      for (const each of [place.dir, place.home]) chmodSync(each, 0o555)
      chmodSync(path.join(place.home, 'sluice.db'), 0o444)
      const end = await startScript('many', place, { args: ['1'], prefix }).ended
      const list = await startSluice(['runs', 'ls', '--json'], place, { prefix }).ended
      for (const each of [place.dir, place.home]) chmodSync(each, 0o755)
      expect(end.code).toBe(1)
      expect(end.stderr).toContain('STORE_READ_ONLY')
      expect(list.code, list.stderr).toBe(0)
      expect(JSON.parse(list.stdout)).toMatchObject({ items: [{ flow: 'many', state: { name: 'Completed' } }] })
    },
  )
})

describe('a disk that fills up', () => {
  const mount = 'mount -t tmpfs -o size=2m tmpfs "$SLUICE_HOME" && exec "$@"'
  const prefix = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh']

  test('in the middle of a run: the run waits, and completes once there is room again', async (context) => {
    const place = makePlace()
    mkdirSync(place.home)
    const possible =
      spawnSync(prefix[0] ?? '', [...prefix.slice(1), 'true'], { env: { ...process.env, ...place.env } }).status === 0
    if (!possible)
      context.skip('a small file system needs user and mount namespaces, which this machine does not permit')
    const copy = path.join(place.dir, 'copy')
    const end = await startScript('fills-disk', place, { prefix, env: { COPY: copy } }).ended
    expect(end.stderr).toMatch(/no new task starts until the store is back.*full/)
    expect(end.code, end.stderr).toBe(0)
    expect(end.stdout).toBe('result 19\n')
    await using store = await openStore(path.join(copy, 'sluice.db'))
    const [run] = (await store.listRuns({ limit: 1 })).items
    expect(run?.state.name).toBe('Completed')
    expect(await store.countTaskRuns(run?.id ?? '')).toMatchObject({ total: 20, completed: 20 })
  })
})
