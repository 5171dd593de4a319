import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, type Ended } from '../cli.fixture.ts'

const january = 'id,picked_up,zone,fare\n1,2026-01-01 10:00:00,4,12.5\n2,2026-01-02 11:00:00,7,7\n'
const february = 'id,picked_up,zone,fare,tip\n3,2026-02-01 10:00:00,7,3.5,0.5\n'
const german = 'nr;Name, Titel\n1;Ada, Dr.\n'
const spoiled = 'id,picked_up,zone,fare,tip\n4,2026-03-01 10:00:00,7,3.5,0.5\nfive,2026-03-01 10:00:00,7,3.5,0.5\n'

const json = ({ stdout }: Ended): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>

describe('the lake of a project', () => {
  const project = createProject({
    'january.csv': january,
    'february.csv': february,
    'march.csv': spoiled,
    'empty.csv': 'id\n',
    'german.csv': german,
  })
  const lake = (...args: readonly string[]): Promise<Ended> => project.main(['lake', ...args])
  const snapshots: string[] = []

  beforeAll(async () => {
    for (const month of ['january', 'february'])
      snapshots.push(String(json(await lake('ingest', 'bronze.trips', `${month}.csv`, '--json'))['snapshot']))
  })
  afterAll(() => project[Symbol.dispose]())

  test('lists its tables', async () => {
    expect((await lake()).stdout).toMatch(/^TABLE.*\nbronze\.trips +3 .*(?:just now|\d+ (?:s|min) ago)/)
    expect(json(await lake('ls', 'bronze', '--json'))).toMatchObject({
      items: [{ name: 'bronze.trips', rows: 3, versions: 2 }],
    })
    expect((await lake('ls', 'gold')).stdout).toContain("no table or view whose name begins with 'gold'")
  })

  test('shows a table, its columns and its loads', async () => {
    const { stdout } = await lake('show', 'bronze.trips')
    expect(stdout).toMatch(/holds +3 rows in 2 files/)
    expect(stdout).toMatch(/picked_up +timestamp/)
    expect(stdout).toMatch(/append +1 .*february\.csv/)
    expect(json(await lake('show', 'bronze.trips', '--json'))).toMatchObject({ snapshot: snapshots[1] })
  })

  test('tells how its schema came to be', async () => {
    expect((await lake('schema', 'bronze.trips')).stdout).toMatch(/schema 1\n {2}made\nschema 2\n {2}\+ tip double/)
  })

  test('lists its versions, newest first', async () => {
    expect((await lake('versions', 'bronze.trips')).stdout).toMatch(/current.*\n\d+ +.*append/)
    const { items } = json(await lake('versions', 'bronze.trips', '--json'))
    expect(items).toMatchObject([
      { snapshot: snapshots[1], rows: 3, schema: 2, current: true },
      { snapshot: snapshots[0], rows: 2, schema: 1, current: false },
    ])
  })

  test('previews rows, now and then, those columns that are asked for', async () => {
    expect((await lake('preview', 'bronze.trips', '--columns', 'id,fare', '--at', snapshots[0] ?? '')).stdout).toBe(
      'id  fare\n 1  12.5\n 2     7\n',
    )
    const piped = await lake('preview', 'bronze.trips', '--limit', '1')
    expect(piped.stdout).toMatch(/^id .* _source_file.*\n.*january\.csv.*\n$/)
    const preview = ['lake', 'preview', 'bronze.trips', '--limit', '1']
    const wide = await project.main(preview, '', { COLUMNS: '80' })
    expect(wide.stdout).toMatch(/\nand \d more: .*_source_file/)
    for (const line of wide.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('answers SQL, also from standard input, and says when there is more', async () => {
    const sql = 'select zone, sum(fare) as fares from bronze.trips group by zone order by zone'
    expect((await lake('sql', sql)).stdout).toBe('zone  fares\n   4   12.5\n   7   10.5\n')
    expect((await project.main(['lake', 'sql', '-', '--limit', '1'], sql)).stdout).toContain('Only the first 1 row. ')
    expect(json(await lake('sql', sql, '--json'))).toEqual({
      items: [
        { zone: 4, fares: 12.5 },
        { zone: 7, fares: 10.5 },
      ],
      more: false,
    })
  })

  test('merges files by a key, and deletes rows when it is told twice', async () => {
    const users = createProject({
      'users.csv': 'id,name,at\n1,ada,1\n2,bob,1\n',
      'changes.csv': 'id,name,at\n2,Bob,2\n3,cid,1\n3,Cid,2\n',
    })
    using _users = users
    const of = (...args: readonly string[]): Promise<Ended> => users.main(['lake', ...args])
    await of('ingest', 'silver.users', 'users.csv')
    const merge = ['ingest', 'silver.users', 'changes.csv', '--merge']
    expect(await of(...merge)).toMatchObject({ code: 1, stderr: expect.stringContaining('[TABLE_KEY_MISSING]') })
    expect((await of(...merge, '--key', 'id')).stderr).toContain('[LOAD_DUPLICATE_KEY]')
    expect((await of('ingest', 'silver.users', 'changes.csv', '--key', 'id')).stderr).toContain('[OPTION_INVALID]')
    const merged = await of(...merge, '--key', 'id', '--sequence-by', 'at')
    expect(merged.stdout).toMatch(/silver\.users {2}2 rows \(1 new, 1 updated\), version \d+/)
    const asked = await of('delete', 'silver.users', '--where', 'name=ada', 'name=Bob')
    expect(asked).toMatchObject({ code: 2, stdout: expect.stringContaining('2 rows of silver.users would be deleted') })
    const done = await of('delete', 'silver.users', '--where', 'name=ada', '--where', 'id=1', '--yes', '--json')
    expect(json(done)).toMatchObject({ table: 'silver.users', deleted: 1 })
    expect((await of('delete', 'silver.users', '--where', 'nope=1')).stderr).toContain('[TABLE_COLUMN_UNKNOWN]')
    expect((await of('delete', 'silver.users', '--where', 'nope')).stderr).toContain('column=value')
    const left = await of('sql', 'select id, name from silver.users order by id')
    expect(left.stdout).toBe('id  name\n 2  Bob\n 3  Cid\n')
  })

  test('keeps what does not fit apart, and loads nothing when that is too much', async () => {
    const refused = await lake('ingest', 'bronze.trips', 'march.csv')
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[LOAD_REJECTED]') })
    const loaded = await lake('ingest', 'bronze.trips', 'march.csv', '--max-rejected', '0.5')
    expect(loaded.stdout).toContain('rejected: 1 row, kept aside: npx sluice lake quarantine bronze.trips')
    const why = await lake('sql', 'select column_name, raw from quarantine.bronze__trips')
    expect(why.stdout).toContain('five,2026-03-01')
  })

  test('tells why rows are kept apart, with one of each, and tries them again', async () => {
    const told = await lake('quarantine', 'bronze.trips')
    expect(told.stdout).toMatch(
      /bronze\.trips {2}1 row in quarantine\n\n {2}VALUE_INVALID in id {2}1 row, (?:just now|\d+ (?:s|min) ago), load /,
    )
    expect(told.stdout).toMatch(/'five' is no long \(.*march\.csv, record 2\)\n {4}five,2026-03-01/)
    const report = json(await lake('quarantine', 'bronze.trips', '--json'))
    expect(report).toMatchObject({
      open: 1,
      resolved: 0,
      reasons: [{ reason: 'VALUE_INVALID', column: 'id', rows: 1 }],
    })
    const again = await lake('quarantine', 'replay', 'bronze.trips')
    expect(again.stdout).toContain('bronze.trips  no row fits yet, 1 row still in quarantine')
    expect(json(await lake('quarantine', 'replay', 'bronze.trips', '--load', 'other', '--json'))).toMatchObject({
      open: 0,
    })
    expect((await lake('quarantine', 'bronze.trips', '--load', 'other')).stdout).toContain('no open rows')
  })

  test('goes back to a version, and knows it by a name', async () => {
    expect((await lake('tag', 'bronze.trips', 'winter', snapshots[1] ?? '')).stdout).toContain('bronze.trips@winter')
    await lake('tag', 'bronze.trips', 'gone', snapshots[1] ?? '')
    expect((await lake('tag', 'bronze.trips', 'gone', '--delete')).stdout).toContain('has no tag gone any more')
    expect(await lake('tag', 'bronze.trips', 'gone', '--delete')).toMatchObject({ code: 2 })
    expect(await lake('tag', 'bronze.trips', 'winter', 'main', '--delete')).toMatchObject({ code: 2 })
    const back = await lake('rollback', 'bronze.trips', 'winter')
    expect(back.stdout).toMatch(/is at version \d+ again\.\n {2}undo: npx sluice lake rollback bronze\.trips \d+/)
    expect(json(await lake('sql', 'select count(*) as n from bronze.trips', '--json'))).toMatchObject({
      items: [{ n: 3 }],
    })
  })

  test('says what is left out of a load, and what becomes null by it', async () => {
    await lake('ingest', 'silver.left', 'january.csv')
    project.write('odd.csv', 'id,zone\nx,1\ny,2\n9,3\n')
    const discarding = await lake('ingest', 'silver.left', 'odd.csv', '--contract', 'types=discard')
    expect(discarding.stdout).toMatch(/✓ silver\.left {2}1 row, [^]*left out by the contract: 2 rows\n/)
    expect(discarding.stdout).toMatch(/\n {2}not in the source: picked_up/)
    project.write('few.csv', 'id,zone\n1,8\n7,8\n')
    const insert = ['--merge', '--key', 'id', '--mode', 'insert-only']
    const merged = await lake('ingest', 'silver.left', 'few.csv', ...insert)
    expect(merged.stdout).toMatch(/left out, as the table has them or newer ones: 1 row\n/)
    expect(merged.stdout).toMatch(/not in the source, so null in the rows that came: picked_up/)
    const versions = JSON.parse((await lake('versions', 'silver.left', '--json')).stdout) as { items: object[] }
    expect(versions.items).toMatchObject([{ operation: 'merge' }, { operation: 'append' }, { operation: 'append' }])
    const repeated = await lake('ingest', 'silver.left', 'few.csv', ...insert)
    expect(repeated.stdout).not.toContain('no table was made')
    expect((await lake('sql', 'describe silver.left')).stderr).toContain('sluice lake schema')
  })

  test('takes no file twice when it is told so, and no load with the same id', async () => {
    const once = ['ingest', 'silver.trips', 'january.csv', '--once', 'content']
    expect((await lake(...once)).stdout).toContain('2 rows')
    expect((await lake(...once)).stdout).toContain('nothing new to load')
    expect((await lake('ingest', 'silver.none', 'empty.csv')).stdout).toContain(
      'there were no rows to load; no table was made',
    )
    const named = ['ingest', 'gold.trips', 'january.csv', '--id', 'january']
    expect((await lake(...named)).stdout).toContain('2 rows')
    expect((await lake(...named)).stdout).toContain('this load was there already')
  })

  test('says of a file what cannot be found out, and loads onto a branch', async () => {
    const given = ['ingest', 'silver.people', 'german.csv', '--delimiter', ';', '--rename', 'nr=id']
    expect((await lake(...given)).stdout).toContain('new columns: id, name_titel')
    expect((await lake(...given, '--branch', 'trial')).stderr).toContain('[TABLE_VERSION_NOT_FOUND]')
    await lake('branch', 'silver.people', 'trial')
    expect((await lake(...given, '--branch', 'trial')).stdout).toContain('lake preview silver.people --at trial')
    const counted =
      "select (select count(*) from silver.people) as here, count(*) as there from silver.people at (version => 'trial')"
    expect(json(await lake('sql', counted, '--json'))).toMatchObject({ items: [{ here: 1, there: 2 }] })
    expect(await lake(...given, '--rename', 'nr')).toMatchObject({ code: 2 })
  })

  test('reads a file as it is said to be written', async () => {
    project.write('odd.txt', "1|'a|b'|-\n2|'c\\'d'|NA\n3||7\n")
    const said = [
      '--format',
      'csv',
      '--delimiter',
      '|',
      '--quote',
      "'",
      '--escape',
      '\\',
      '--no-header',
      '--null-text',
      'NA,-',
    ]
    expect((await lake('ingest', 'silver.odd', 'odd.txt', ...said)).stdout).toContain('3 rows')
    const sql = 'select column_1 as id, column_2 as t, column_3 as n from silver.odd order by id'
    expect(json(await lake('sql', sql, '--json'))).toMatchObject({
      items: [
        { id: 1, t: 'a|b', n: null },
        { id: 2, t: "c'd", n: null },
        { id: 3, t: null, n: 7 },
      ],
    })
    project.write('names.csv', '2024,x\n1,2\n')
    expect((await lake('ingest', 'silver.names', 'names.csv', '--header')).stdout).toContain('new columns: _2024, x')
    const encoded = await lake('ingest', 'silver.names', 'names.csv', '--encoding', 'klingon')
    expect(encoded.stderr).toContain('[OPTION_INVALID]')
  })

  test('keeps to a contract, and replays under another one', async () => {
    project.write('tips.csv', 'id,tip\n1,\n2,0.5\n')
    const ingest = ['ingest', 'silver.tips', 'tips.csv', '--max-rejected', '0.5']
    project.write('ids.csv', 'id\n0\n')
    await lake('ingest', 'silver.tips', 'ids.csv')
    expect((await lake(...ingest, '--contract', 'columns=freeze')).stderr).toContain('[LOAD_CONTRACT_BROKEN]')
    expect((await lake(...ingest, '--contract', 'id.types=frozen')).stderr).toContain('[OPTION_INVALID]')
    expect((await lake(...ingest, '--contract', 'columns=quarantine')).stdout).toContain('rejected: 1 row')
    expect((await lake('quarantine', 'silver.tips')).stdout).toContain('COLUMN_UNKNOWN in tip')
    const replay = ['quarantine', 'replay', 'silver.tips', '--contract']
    expect((await lake(...replay, 'columns=quarantine')).stdout).toContain('silver.tips  no row fits yet')
    expect((await lake(...replay, 'columns=evolve')).stdout).toContain('1 row loaded, none is left in quarantine')
  })

  test('is searched by words', async () => {
    expect((await lake('search', 'trips', 'fare')).stdout).toMatch(/^KIND .*\ntable +bronze\.trips/)
    expect(json(await lake('search', 'picked_up', '--json'))).toMatchObject({
      items: expect.arrayContaining([{ kind: 'table', name: 'bronze.trips', about: '' }]),
    })
    expect((await lake('search', 'picked', 'nowhere')).stdout).toContain('Nothing in the lake has all of these words')
  })

  test('gives queries names', async () => {
    const made = await lake(
      'view',
      'gold.zones',
      '/* By zone. */ -- How many.\n select zone, count(*) as n from bronze.trips group by zone order by zone',
    )
    expect(made.stdout).toContain('✓ gold.zones is a view.')
    expect((await lake('sql', 'select zone from gold.zones where n = 1')).stdout).toBe('zone\n   4\n')
    expect((await lake('ls', 'gold.z')).stdout).toMatch(/^VIEW +QUERY\ngold\.zones +select zone/)
    expect((await lake('show', 'gold.zones')).stdout).toMatch(/is +a view[^]*select zone, count/)
    expect((await lake('search', 'zones')).stdout).toMatch(/view +gold\.zones/)
    expect((await lake('view', 'gold.zones', '--drop')).stdout).toContain('✓ gold.zones is gone.')
    expect(await lake('view', 'gold.zones')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[TABLE_NOT_FOUND]'),
    })
  })

  test('keeps files of any kind, and one search finds them beside tables', async () => {
    const put = await lake('put', 'raw.papers', 'january.csv', '--as', '2026/trips.csv', '--meta', 'party=Acme')
    expect(put.stdout).toMatch(/^✓ 2026\/trips\.csv is in raw\.papers: .*text\/csv, version \w{16}\n$/)
    expect((await lake('files', 'raw.papers')).stdout).toMatch(
      /2026\/trips\.csv +.* text\/csv +(?:just now|\d+ (?:s|min) ago)/,
    )
    expect((await lake('get', 'raw.papers', '2026/trips.csv', '-o', 'out.csv')).code).toBe(0)
    expect(readFileSync(path.join(project.dir, 'out.csv'), 'utf8')).toBe(january)
    expect(await lake('get', 'raw.papers', '2026/january.csv')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[FILESET_FILE_NOT_FOUND]'),
    })
    expect(json(await lake('search', 'trips', 'acme', '--json'))).toMatchObject({
      items: [{ kind: 'file', name: 'raw.papers', file: '2026/trips.csv' }],
    })
    expect((await lake('search', 'trips')).stdout).toMatch(
      /table +bronze\.trips[^]*file +raw\.papers +2026\/trips\.csv/,
    )
  })

  test('shows what loads were made from, and gives the bytes back', async () => {
    const listed = json(await lake('raw', 'bronze.trips', '--json'))['items']
    const loads = listed as readonly { readonly load: string; readonly source: string }[]
    const { load = '' } = loads.find(({ source }) => source.endsWith('january.csv')) ?? {}
    const shown = (await lake('raw', 'bronze.trips')).stdout
    expect(shown).toMatch(/^LOAD.*SOURCE.*PARTS.*SIZE.*KEPT\n/)
    expect(shown).toMatch(new RegExp(`${load} .* 1 +78 B +reference\\n`))
    expect((await lake('raw', 'bronze.trips', load)).stdout).toMatch(/^PART.*STATE\n +0 .* 78 B .*there\n$/)
    const save = ['raw', 'bronze.trips', load, '--out', 'raw', '--part', '0']
    expect((await lake(...save)).stdout).toContain('0-january.csv')
    expect(readFileSync(path.join(project.dir, 'raw', '0-january.csv'), 'utf8')).toBe(january)
    expect(await lake(...save)).toMatchObject({ code: 2, stderr: expect.stringContaining('exists already') })
    expect(await lake('raw', 'bronze.trips', '--out', 'raw')).toMatchObject({ code: 2 })
    expect(await lake('raw', 'bronze.trips', load, '--part', '0')).toMatchObject({ code: 2 })
    expect(await lake('raw', 'bronze.trips', load, '--out', 'raw', '--part', '7')).toMatchObject({ code: 2 })
    const nothing = await lake('raw', 'bronze.trips', 'nothing')
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('[LOAD_RAW_UNAVAILABLE]') })
    expect(await lake('raw', 'gold.nothing')).toMatchObject({ code: 2 })
  })

  test('loads once more what a load got, whatever has become of the file', async () => {
    const { loadId: load } = json(await lake('ingest', 'bronze.kept', 'january.csv', '--raw', 'copy', '--json'))
    const again = ['ingest', 'silver.kept', '--from-raw', String(load), '--of', 'bronze.kept']
    expect((await lake(...again)).stdout).toContain('2 rows')
    expect((await lake('ingest', 'bronze.kept', '--from-raw', String(load), '--replace')).stdout).toContain('2 rows')
    expect(await lake(...again, 'january.csv')).toMatchObject({ code: 2 })
    for (const wrong of [
      [],
      ['--of', 'bronze.kept'],
      ['january.csv', '--of', 'bronze.kept'],
      ['january.csv', '--raw', 'all'],
    ])
      expect((await lake('ingest', 'silver.kept', ...wrong)).code, wrong.join(' ')).not.toBe(0)
  })

  test('tells nothing of where a table comes from that no run has told', async () => {
    expect((await lake('lineage', 'bronze.trips', '--upstream')).stdout).toBe(
      'bronze.trips was made from nothing that is known.\n',
    )
    expect(json(await lake('lineage', 'bronze.trips', '--downstream', '--json'))).toMatchObject({ links: [] })
  })

  test.each([
    [['show', 'bronze.nothing'], 'TABLE_NOT_FOUND'],
    [['preview', 'bronze.trips', '--at', 'nothing'], 'TABLE_VERSION_NOT_FOUND'],
    [['preview', 'bronze.trips', '--columns', 'far'], 'TABLE_COLUMN_UNKNOWN'],
    [['rollback', 'bronze.trips', '12'], 'TABLE_VERSION_NOT_FOUND'],
    [['tag', 'bronze.trips', 'main'], 'OPTION_INVALID'],
    [['quarantine', 'bronze.nothing'], 'TABLE_NOT_FOUND'],
    [['quarantine', 'replay', 'quarantine.trips'], 'TABLE_NAME_INVALID'],
    [['ingest', 'Trips', 'january.csv'], 'TABLE_NAME_INVALID'],
    [['ingest', 'quarantine.trips', 'january.csv'], 'TABLE_NAME_INVALID'],
    [['ingest', 'bronze.trips', 'gone.csv'], 'LOAD_SOURCE_NOT_FOUND'],
    [['sql', "select * from read_csv('january.csv')"], 'SQL_NOT_ALLOWED'],
    [['sql', 'drop table bronze.trips'], 'SQL_INVALID'],
  ] as const)('%j ends with 2 and %s', async (args, code) => {
    expect(await lake(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(`[${code}]`) })
  })
})

test('looking makes no lake', async () => {
  using project = createProject()
  expect((await project.main(['lake'])).stdout).toContain('The lake has no tables. Make one:')
  expect(await project.main(['lake', 'show', 'bronze.trips'])).toMatchObject({ code: 2 })
  expect(existsSync(path.join(project.dir, '.sluice'))).toBe(false)
})

test('a lake whose database is lost is made anew from its files, and whoever takes it over writes on', async () => {
  using project = createProject({ 'january.csv': january })
  const lake = (...args: readonly string[]): Promise<Ended> => project.main(['lake', ...args])
  await lake('ingest', 'bronze.trips', 'january.csv')
  expect((await lake('verify')).stdout).toMatch(/^✓ \d+ files of 1 table are there/)
  await lake('put', 'raw.papers', 'january.csv', '--as', 'scan.csv')
  for (const file of readdirSync(path.join(project.dir, '.sluice')))
    if (file.startsWith('sluice.db')) rmSync(path.join(project.dir, '.sluice', file))
  expect((await lake('ls')).stdout).toContain('no tables')
  expect((await lake('rebuild')).stdout).toContain('✓ bronze.trips, version 1')
  expect((await lake('sql', 'select count(*) as n from bronze.trips')).stdout).toBe('n\n2\n')
  expect(await lake('ingest', 'bronze.trips', 'january.csv')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[LAKE_FOREIGN_CATALOG]'),
  })
  expect((await lake('adopt')).code).toBe(0)
  expect((await lake('search', 'scan')).stdout).toMatch(/file +raw\.papers +scan\.csv/)
  expect((await lake('search', 'fare')).stdout).toMatch(/table +bronze\.trips/)
  expect((await lake('ingest', 'bronze.trips', 'january.csv')).stdout).toContain('2 rows')

  const [data = ''] = readdirSync(path.join(project.dir, '.sluice', 'lake', 'bronze'))
  rmSync(path.join(project.dir, '.sluice', 'lake', 'bronze', data, 'data'), { recursive: true })
  expect(await lake('verify')).toMatchObject({ code: 1, stdout: expect.stringMatching(/bronze\.trips: .*\.parquet/) })
})
