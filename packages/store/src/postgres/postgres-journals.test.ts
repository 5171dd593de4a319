import { SluiceError, stateOf } from '@sluice/core'
import { Client, DatabaseError, type QueryConfig, type QueryResult } from 'pg'
import { expect, test } from 'vitest'
import type { JournalEntry } from '../journal-batch.ts'
import { foldBatch } from '../fold-batch.ts'
import { claimRun } from '../queries/claim-run.ts'
import { artifact, batch, cached, newId, owner, rootRun, t0, task } from '../suites/records.testsuite.ts'
import { appendGroup, type GroupedBatch, groupedBatch, type GroupFenced } from './append-group.ts'
import { createDatabase } from './postgres-harness.testsuite.ts'
import { PostgresJournals } from './postgres-journals.ts'

type Answer = readonly GroupFenced[] | Error

/** Journals over a database that answers when the test says so; `a` stands for the run of that name. */
function fixture(): {
  readonly append: (name: string, ...entries: readonly JournalEntry[]) => Promise<unknown>
  readonly idOf: (name: string) => string
  readonly endTurn: () => void
  readonly answer: (index: number, answer: (names: string) => Answer) => Promise<void>
  readonly written: string[]
} {
  const ids = new Map<string, string>()
  const written: string[] = []
  const turns: (() => void)[] = []
  const answers: ((answer: (names: string) => Answer) => void)[] = []
  const nameOf = (id: string): string => [...ids].find(([, other]) => other === id)?.[0] ?? ''
  const journals = new PostgresJournals({
    alone: async ({ rootId }) => {
      const name = nameOf(rootId)
      written.push(`${name} alone`)
      if (name === 'bad') throw new SluiceError('RUN_FENCED')
      return { cancelling: false }
    },
    together: (group) => {
      const names = group.map((each: GroupedBatch) => nameOf(each.batch.rootId)).join('+')
      written.push(names)
      return new Promise((resolve, reject) =>
        answers.push((make) => {
          const answer = make(names)
          if (answer instanceof Error) reject(answer)
          else resolve(answer.map(({ id, state_type }) => ({ id: ids.get(id) ?? '', state_type })))
        }),
      )
    },
    afterThisTurn: (work) => void turns.push(work),
  })
  const idOf = (name: string): string => {
    const id = ids.get(name) ?? newId()
    ids.set(name, id)
    return id
  }
  const append = (name: string, ...entries: readonly JournalEntry[]): Promise<unknown> => {
    const rootId = idOf(name)
    const own = entries.length > 0 ? entries : [task(rootId, 1)]
    return journals
      .append({ rootId, epoch: 1, first: 1, entries: own })
      .catch((error: unknown) => (error as SluiceError).code ?? error)
  }
  return {
    append,
    idOf,
    written,
    endTurn: () => turns.splice(0).forEach((work) => work()),
    answer: async (index, make) => {
      answers[index]?.(make)
      await new Promise((resolve) => process.nextTick(resolve))
    },
  }
}

const held = (names: string): readonly GroupFenced[] =>
  names.split('+').map((id) => ({ id, state_type: 'running' as const }))

test('what comes in one turn is appended in one statement, and a run whose fence did not hold alone', async () => {
  const { append, endTurn, answer, written } = fixture()
  const all = Promise.all(['a', 'bad', 'c'].map((name) => append(name)))
  endTurn()
  expect(written).toEqual(['a+bad+c'])
  await answer(0, () => [
    { id: 'a', state_type: 'cancelling' },
    { id: 'c', state_type: 'running' },
  ])
  expect(await all).toEqual([{ cancelling: true }, 'RUN_FENCED', { cancelling: false }])
  expect(written).toEqual(['a+bad+c', 'bad alone'])
})

test('three statements are under way at most, and what comes meanwhile goes together', async () => {
  const { append, endTurn, answer, written } = fixture()
  const all: Promise<unknown>[] = []
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    all.push(append(name))
    endTurn()
  }
  expect(written).toEqual(['a', 'b', 'c'])
  await answer(1, held)
  endTurn()
  expect(written).toEqual(['a', 'b', 'c', 'd+e'])
  for (const index of [0, 2, 3]) await answer(index, held)
  expect(await Promise.all(all)).toEqual(Array.from({ length: 5 }, () => ({ cancelling: false })))
})

test('batches of one shape go in one statement, two of the same run in two', async () => {
  const { append, idOf, endTurn, answer, written } = fixture()
  const all = Promise.all([
    append('a'),
    append('b', task(idOf('b'), 1), { kind: 'artifact', row: artifact(idOf('b')) }),
    append('c'),
    append('a'),
  ])
  endTurn()
  expect(written).toEqual(['a+c', 'b', 'a'])
  for (const index of [0, 1, 2]) await answer(index, held)
  await all
})

test('a statement carries no more than a few large batches', async () => {
  const { append, idOf, endTurn, written } = fixture()
  const large = { result: { text: 'x'.repeat(1_500_000) } }
  for (const name of ['a', 'b', 'c', 'd']) void append(name, task(idOf(name), 1, large))
  void append('e')
  void append('huge', task(idOf('huge'), 1, { result: { text: 'x'.repeat(5_000_000) } }))
  endTurn()
  expect(written).toEqual(['a+b+e', 'c+d', 'huge'])
})

test('a batch that could meet another in a row waits for no group', async () => {
  const { append, endTurn, written } = fixture()
  const run = rootRun()
  await append('dropping', { kind: 'drop', keys: ['key-1'] })
  await append('caching', task(run.id, 1, {}, cached('shared')))
  const state = { type: 'paused', name: 'Suspended', at: t0 } as const
  await append('suspending', { kind: 'root', state, timeline: [] })
  endTurn()
  expect(written).toEqual(['dropping alone', 'caching alone', 'suspending alone'])
})

test('when a statement is refused each of its batches goes alone; when nobody answers each learns it', async () => {
  const { append, endTurn, answer, written } = fixture()
  const refused = Promise.all(['a', 'bad'].map((name) => append(name)))
  endTurn()
  await answer(0, () => new DatabaseError('no', 1, 'error'))
  expect(await refused).toEqual([{ cancelling: false }, 'RUN_FENCED'])
  const gone = new Error('the connection ended')
  const lost = Promise.all(['c', 'd'].map((name) => append(name)))
  endTurn()
  await answer(1, () => gone)
  expect(await lost).toEqual([gone, gone])
  expect(written).toEqual(['a+bad', 'a alone', 'bad alone', 'c+d'])
})

test('a plan that was made for few runs finds each by its key', async () => {
  await using database = await createDatabase()
  await using store = await database.open()
  const runs = Array.from({ length: 300 }, () => rootRun())
  await store.createRuns(runs.map((run) => ({ run, dispatch: null })))
  await database.execute('analyze run')
  const client = new Client({ connectionString: database.target, options: '-c search_path=sluice' })
  await client.connect()
  const plans: string[] = []
  const explained = async ({ text, values }: QueryConfig): Promise<QueryResult> => {
    const found = await client.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values)
    plans.push(found.rows.map((row) => row['QUERY PLAN']).join('\n'))
    return found
  }
  const end: JournalEntry = { kind: 'root', state: stateOf('Completed', t0), timeline: [] }
  for (const entry of [() => end, (id: string) => task(id, 1)]) {
    const some = runs.slice(0, 20).map(({ id }) => groupedBatch(foldBatch(batch(id, 1, [entry(id)]))))
    await appendGroup({ query: explained }, some as [GroupedBatch])
  }
  await client.end()
  expect(plans).toHaveLength(2)
  for (const plan of plans) {
    expect(plan).toMatch(/Index Scan using run_pkey/)
    expect(plan).not.toMatch(/Seq Scan on run\b/)
  }
})

test('a group of one is the statement for one, which waits for nobody either', async () => {
  await using database = await createDatabase()
  await using store = await database.open()
  const run = rootRun()
  await store.createRun(run)
  const client = new Client({ connectionString: database.target, options: '-c search_path=sluice -c lock_timeout=5s' })
  await client.connect()
  const asked: string[] = []
  const on = { query: (config: QueryConfig) => (asked.push(config.text), client.query(config)) }
  const write = async (): Promise<readonly GroupFenced[]> => {
    const one = groupedBatch(foldBatch(batch(run.id, 1, [task(run.id, 1)])))
    if (one === undefined) throw new Error('it goes with others')
    return appendGroup(on, [one])
  }
  const state = stateOf('Running', t0 + 1)
  const claiming = await database.holdSteps(() =>
    claimRun({ id: run.id, expectedEpoch: 1, owner, state, newAttempt: false, drop: [] }),
  )
  expect(await write()).toEqual([])
  await claiming.rollback()
  expect(await write()).toMatchObject([{ id: run.id, state_type: 'running' }])
  expect(await write()).toEqual([])
  expect(asked.join()).not.toContain('given')
  await client.end()
})

test('runs that end together leave their workers, and no other does', async () => {
  await using database = await createDatabase()
  await using store = await database.open()
  const runs = [rootRun(), rootRun(), rootRun()]
  const values = runs.map(({ id }) => `('${id}', 1, 'q', '${newId()}', '${newId()}', 'p', 1)`)
  for (const run of runs) await store.createRun(run)
  await database.execute(
    `insert into assignment (root_id, epoch, queue, worker_id, request_id, pool, claimed_at) values ${values.join()}`,
  )
  const end: JournalEntry = { kind: 'root', state: stateOf('Completed', t0), timeline: [] }
  await Promise.all(runs.slice(1).map(({ id }) => store.appendJournal(batch(id, 1, [end]))))
  const client = new Client({ connectionString: database.target, options: '-c search_path=sluice' })
  await client.connect()
  const { rows } = await client.query('select root_id from assignment')
  await client.end()
  expect(rows).toEqual([{ root_id: runs[0]?.id }])
})

test('a run whose row somebody holds keeps no other run waiting', async () => {
  await using database = await createDatabase()
  await using store = await database.open()
  const [claimed, free] = [rootRun(), rootRun()]
  for (const run of [claimed, free]) await store.createRun(run)
  const state = stateOf('Running', t0 + 1)
  const claiming = await database.holdSteps(() =>
    claimRun({ id: claimed.id, expectedEpoch: 1, owner, state, newAttempt: false, drop: [] }),
  )
  const waiting = store.appendJournal(batch(claimed.id, 1, [task(claimed.id, 1)]))
  expect(await store.appendJournal(batch(free.id, 1, [task(free.id, 1)]))).toEqual({ cancelling: false })
  await claiming.blocking()
  await claiming.rollback()
  expect(await waiting).toEqual({ cancelling: false })
})
