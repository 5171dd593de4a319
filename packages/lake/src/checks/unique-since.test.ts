import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CheckFinding } from '../catalog/findings.ts'
import { alterTable } from '../manage/alter-table.ts'
import { deleteRows } from '../table/delete-rows.ts'
import { loadTable } from '../table/load-table.ts'
import { dropLoad } from '../table/settle-load.ts'
import { publishLoad } from '../table/publish-load.ts'
import { compactTable } from '../upkeep/compact-table.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { rowCount, unique } from './check-helpers.ts'
import { provedKeys } from './proved-keys.ts'
import { runChecks } from './run-checks.ts'
import { addedSince } from './unique-since.ts'

let tables: TestTables
beforeAll(async () => {
  tables = await openTestTables()
})
afterAll(() => tables[Symbol.asyncDispose]())

const keys = [unique('id'), unique(['id', 'p']), unique(['p', 't'])]
// Every load waits, so that it can be looked at: no table has so many rows.
const table = { checks: [...keys, rowCount({ min: 1_000_000 })] }

/** What one load of a random history is checked as, in both ways. */
interface Verdicts {
  readonly whole: readonly CheckFinding[]
  readonly since: readonly CheckFinding[]
  readonly isNarrowed: boolean
}

async function verdicts(name: string, load: string): Promise<Verdicts> {
  const view = await tables.view(name, `load/${load}`)
  const proved = provedKeys(view.metadata)
  const run = { lake: tables.lake, view, checks: keys, loadId: null }
  const added = proved && (await addedSince(tables.lake, view, proved.snapshot))
  const isNarrowed =
    added !== undefined && keys.some((each) => each.kind === 'unique' && proved?.has(each.columns, view.schema))
  return { whole: await runChecks(run), since: await runChecks({ ...run, proved }), isNarrowed }
}

const said = (findings: readonly CheckFinding[]): readonly unknown[] =>
  findings.map(({ samples, ...finding }) => ({
    ...finding,
    samples: samples.map((row) => JSON.stringify(row)).toSorted(),
  }))

/** Numbers that only depend on the seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
}

async function change(name: string, id: string, next: (below: number) => number): Promise<unknown> {
  const row = (): object => ({
    id: next(12) === 0 ? null : next(60),
    p: next(9) === 0 ? null : next(3),
    t: next(2) === 0 ? `t${next(40)}` : null,
  })
  const rows = Array.from({ length: 1 + next(3) }, row)
  const { lake } = tables
  const load = { lake, table: name, tableOptions: table, options: {}, loadId: id, context: undefined, source: rows }
  switch (next(6)) {
    case 0:
      return deleteRows({ ...load, where: { id: { lt: next(12) } }, branch: 'main' })
    case 1:
      return loadTable({
        ...load,
        operation: 'overwrite',
        where: { p: 1 },
        source: rows.map((each) => ({ ...each, p: 1 })),
      })
    case 2:
      return loadTable({
        ...load,
        operation: 'merge',
        merge: { key: ['t'] },
        source: [{ ...rows[0], t: `t${next(40)}` }],
      })
    default:
      return loadTable({ ...load, operation: 'append' })
  }
}

test('a key that was unique is looked at only where rows came, and the verdict is that of a look at all rows', async () => {
  const [histories, steps] = [Number(process.env['RUNS'] ?? 2), 7]
  const first = Number(process.env['SEED'] ?? 1)
  let [narrowed, failed, passed] = [0, 0, 0]
  for (let seed = first; seed < first + histories; seed++) {
    const next = numbers(seed)
    const name = `u.t${seed}`
    const start = Array.from({ length: 20 }, (_, n) => ({ id: n + 20, p: n % 3, t: `u${n}` }))
    await tables
      .load('append', name, start, {
        table: { ...table, ...(seed % 2 === 0 && { partitionBy: ['p'] }) },
        load: { id: 'start' },
      })
      .catch(() => undefined)
    await publishLoad({ lake: tables.lake, table: name, loadId: 'start', context: undefined, force: true })
    for (let step = 0; step < steps; step++) {
      const id = `l${step}`
      await change(name, id, next).catch(() => undefined)
      if ((await tables.view(name)).metadata.refs?.[`load/${id}`] === undefined) continue
      const { whole, since, isNarrowed } = await verdicts(name, id)
      expect(said(since), `seed ${seed}, step ${step}`).toEqual(said(whole))
      const isGood = whole.every(({ outcome }) => outcome === 'passed')
      if (isNarrowed) [narrowed, failed, passed] = [narrowed + 1, failed + Number(!isGood), passed + Number(isGood)]
      const settle = { lake: tables.lake, table: name, loadId: id, context: undefined }
      // Sometimes although it is not unique: then nothing is known any more, until a look at all rows says so.
      if (isGood || next(8) === 0) await publishLoad({ ...settle, force: true })
      else await dropLoad(settle)
      if (next(4) === 0) await compactTable(tables.lake, name, { leastFiles: 2 })
    }
  }
  expect([narrowed >= histories * 2, failed > 0, passed > 0], `${narrowed}, ${failed}, ${passed}`).toEqual([
    true,
    true,
    true,
  ])
}, 600_000)

test('what is known of a key is known of its column, not of a name that means another one by now', async () => {
  const name = 'u.renamed'
  const both = { checks: [unique('a')] }
  const rows = Array.from({ length: 8 }, (_, n) => ({ a: n, b: 1 }))
  await tables.load('append', name, rows, { table: both })
  await alterTable(tables.lake, name, { rename: { a: 'c' } })
  await alterTable(tables.lake, name, { rename: { b: 'a' } })
  await expect(tables.load('append', name, [{ a: 5, c: 9 }], { table: both })).rejects.toMatchObject({
    details: { checks: [{ failing: 8 }] },
  })
})
