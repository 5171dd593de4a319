import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, type Ended } from '../cli.fixture.ts'

const january = 'id,picked_up,zone,amount,note\n1,2026-01-01 10:00:00,4,12.5,\n2,2026-01-02 11:00:00,7,7,late\n'

const more = 'id,picked_up,zone,amount,note,tip\n2,2026-01-02 11:00:00,7,8,late,\n3,2026-01-03 11:00:00,7,7,,1\n'

const json = ({ stdout }: Ended): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>

describe('the upkeep of tables', () => {
  const project = createProject({ 'january.csv': january, 'more.csv': more })
  const lake = (...args: readonly string[]): Promise<Ended> => project.main(['lake', ...args])

  beforeAll(async () => {
    await lake('ingest', 'bronze.trips', 'january.csv')
  })
  afterAll(() => project[Symbol.dispose]())

  test('changes columns, and says when they are so already', async () => {
    const alter = [
      'alter',
      'bronze.trips',
      '--rename',
      'amount=fare',
      '--drop',
      'note',
      '--describe',
      'amount=in dollars',
    ]
    const changed = await lake(...alter)
    expect(changed.stdout).toMatch(/- note\n[^]*amount is now fare\n[^]*fare is in dollars/)
    expect((await lake(...alter.slice(0, 6))).stdout).toContain('bronze.trips is so already')
    expect(json(await lake('sql', 'select fare from bronze.trips order by 1', '--json'))).toMatchObject({
      items: [{ fare: 7 }, { fare: 12.5 }],
    })
    expect(await lake('alter', 'bronze.trips', '--rename', 'fare')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[OPTION_INVALID]'),
    })
    expect(await lake('alter', 'bronze.trips', '--drop', 'fares')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[TABLE_COLUMN_UNKNOWN]'),
    })
  })

  test('says of a table what no file says, and what is wrong with it', async () => {
    await lake('ingest', 'silver.zones', 'january.csv')
    await lake('ingest', 'silver.told', 'january.csv')
    const said = ['--owner', 'fleet', '--description', 'all trips', '--tag', 'a', '--tag', 'b', '--key', 'id']
    const told = await lake('alter', 'silver.told', ...said, '--reference', 'zone=silver.zones.id')
    expect(told.stdout).toMatch(
      /owner: fleet\n.*all trips\n.*tags: a, b\n.*key: id\n.*zone references silver\.zones\.id/,
    )
    expect(json(await lake('show', 'silver.told', '--json'))).toMatchObject({
      owner: 'fleet',
      description: 'all trips',
      tags: ['a', 'b'],
      key: ['id'],
    })
    expect((await lake('joins', 'silver.told')).stdout).toContain('silver.zones')
    for (const wrong of ['zone', 'zone=zones', 'zone=zones.id', 'zone=silver.zones.'])
      expect(await lake('alter', 'silver.told', '--reference', wrong)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("'--reference'"),
      })
    for (const [name, ...option] of [
      ['key', '--key', 'id'],
      ['mode', '--mode', 'upsert'],
      ['sequence-by', '--sequence-by', 'id'],
    ])
      expect(await lake('ingest', 'silver.told', 'january.csv', ...option)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`'--${name}' is invalid: it is of --merge`),
      })
  })

  test('tells two versions apart, by their rows and columns', async () => {
    const { snapshot } = json(await lake('ingest', 'gold.trips', 'january.csv', '--json')) as { snapshot: string }
    await lake('ingest', 'gold.trips', 'more.csv', '--merge', '--key', 'id')
    const diff = await lake('diff', 'gold.trips', snapshot, '--key', 'id')
    expect(diff.stdout).toMatch(/2 → 3 rows, told apart by id\n {2}1 added, 0 removed, 1 changed\n/)
    expect(diff.stdout).toMatch(/columns\n {2}\+ tip long\n[^]*changed\n {2}id 2: amount 7 → 8/)
    expect(json(await lake('diff', 'gold.trips', snapshot, 'main', '--json'))).toMatchObject({ added: 2, removed: 1 })
    expect(await lake('diff', 'gold.trips', 'nothing')).toMatchObject({ code: 2 })
  })

  test('forgets old versions, after saying what that would be', async () => {
    await lake('ingest', 'silver.trips', 'january.csv')
    await lake('ingest', 'silver.trips', 'january.csv', '--replace')
    const expire = ['expire', 'silver.trips', '--older-than', '0s', '--grace', '0s']
    expect((await lake(...expire, '--dry-run')).stdout).toMatch(/would forget 1 version of silver\.trips\n.*3 files/)
    expect(json(await lake('versions', 'silver.trips', '--json'))['items']).toHaveLength(2)
    expect((await lake(...expire)).stdout).toMatch(/✓ 1 version of silver\.trips is forgotten\n.*3 files are deleted/)
    expect(json(await lake(...expire, '--json'))).toMatchObject({ snapshots: [], deleted: 0, waiting: 0 })
    expect((await lake(...expire)).stdout).toContain('silver.trips has no version that is too old')
    expect((await lake('verify')).code).toBe(0)
    expect(await lake('expire', 'silver.trips', '--older-than', 'yesterday')).toMatchObject({ code: 2 })
    expect(await lake('expire', 'silver.nothing')).toMatchObject({ code: 2 })
  })

  test('sweeps what was left, and says so when there is nothing', async () => {
    expect((await lake('sweep')).stdout).toContain('There is nothing to sweep')
    expect(json(await lake('sweep', '--grace', '0s', '--dry-run', '--json'))).toMatchObject({ left: 0, waiting: 0 })
    expect(await lake('sweep', '--grace', 'soon')).toMatchObject({ code: 2 })
  })

  test('drops a table when that is meant, and deletes its files when that is meant too', async () => {
    await lake('ingest', 'gold.trips', 'january.csv')
    expect(await lake('drop', 'gold.trips')).toMatchObject({ code: 2, stdout: expect.stringContaining('--yes') })
    expect((await lake('drop', 'gold.trips', '--yes')).stdout).toMatch(
      /gold\.trips is dropped[^]*its files stay in gold\/trips-/,
    )
    expect(await lake('show', 'gold.trips')).toMatchObject({ code: 2 })
    await lake('ingest', 'gold.trips', 'january.csv')
    const purged = json(await lake('drop', 'gold.trips', '--yes', '--purge', '--grace', '0s', '--json'))
    expect(purged).toMatchObject({ deleted: 5, waiting: 0 })
    expect(await lake('drop', 'gold.trips', '--yes')).toMatchObject({ code: 2 })
  })

  test('compacts small files', async () => {
    for (let i = 0; i < 5; i += 1) await lake('ingest', 'silver.many', 'january.csv')
    expect((await lake('compact', 'silver.many')).stdout).toMatch(/✓ 5 files of silver\.many became 1 file \(/)
    expect((await lake('compact', 'silver.many')).stdout).toContain('no small files')
    expect(json(await lake('sql', 'select count(*) as n from silver.many', '--json'))).toMatchObject({
      items: [{ n: 10 }],
    })
    expect(await lake('compact', 'silver.many', '--target-bytes', 'big')).toMatchObject({ code: 2 })
  })

  test('makes a branch, at a version, and takes it away', async () => {
    const ingest = ['ingest', 'silver.branched', 'january.csv', '--json']
    const first = String(json(await lake(...ingest))['snapshot'])
    const second = String(json(await lake(...ingest))['snapshot'])
    expect((await lake('branch', 'silver.branched', 'try', '--at', first)).stdout).toContain(
      `try of silver.branched is at version ${first}`,
    )
    expect(await lake('branch', 'silver.branched', 'try')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('already'),
    })
    expect(json(await lake('branch', 'silver.branched', 'now', '--json'))).toMatchObject({ snapshot: second })
    const counted = await lake('sql', "select count(*) as n from silver.branched at (version => 'try')", '--json')
    expect(json(counted)).toMatchObject({ items: [{ n: 2 }] })
    expect((await lake('branch', 'silver.branched', 'try', '--delete')).stdout).toContain('no branch try any more')
    for (const args of [['try', '--delete'], ['main'], ['a b'], ['try', '--delete', '--at', first]])
      expect(await lake('branch', 'silver.branched', ...args)).toMatchObject({ code: 2 })
  })
})
