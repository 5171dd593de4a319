import * as fc from 'fast-check'
import { parseArgs } from 'node:util'
import { pyiceberg, python } from '../format/pyiceberg.testsupport.ts'
import { plainTypes } from '../format/primitive-type.ts'
import type { PrimitiveType } from '../format/schema.ts'
import { scanView } from '../table/read-rows.ts'
import { conditionOf } from '../table/where.ts'
import { type Cell, cells } from './any-cell.testsupport.ts'
import { icebirdRows } from './other-readers.testsupport.ts'
import { openTestTables, type TestTables } from './test-lake.testsupport.ts'

// `npm run lake:differential -- --cases 100000 --seed 7`: random types, values, ways of committing and conditions. A case is one condition
// on one table: Sluice with its own pruning, Sluice reading everything, and PyIceberg with its pruning must find the same rows; icebird,
// which has none, must find all of them. Without SLUICE_PYICEBERG that reader is left out, and said so.

type Row = Readonly<Record<string, unknown>>
type Where = Readonly<Record<string, unknown>>

interface Story {
  readonly type: PrimitiveType
  readonly partition: boolean
  readonly first: readonly (Cell | null)[]
  readonly second: readonly (Cell | null)[]
  readonly path: 'append' | 'replace' | 'overwrite' | 'merge' | 'delete-insert' | 'delete'
  readonly wheres: readonly unknown[]
}

const perTable = 25
const types = plainTypes.filter((type) => cells[type] !== undefined)
/** What only equality means the same of in every reader. */
const unordered: ReadonlySet<PrimitiveType> = new Set(['uuid', 'binary', 'boolean'])

const unpartitioned: ReadonlySet<PrimitiveType> = new Set([...unordered, 'float', 'double'])

const story: fc.Arbitrary<Story> = fc.constantFrom(...types).chain((type) => {
  const cell = (cells[type] ?? fc.constant({ sql: 'NULL', given: null })).filter(({ given }) => !Number.isNaN(given))
  const column = fc.array(fc.option(cell, { freq: 6 }), { minLength: 1, maxLength: 6 })
  return fc.tuple(column, column).chain(([first, second]) => {
    const known = [...first, ...second].flatMap((each) => (each === null ? [] : [each]))
    const value = (known.length > 0 ? fc.oneof(fc.constantFrom(...known), cell) : cell).map(({ given }) => given)
    const bounds = fc.record({ gt: value, gte: value, lt: value, lte: value }, { requiredKeys: [] })
    const some = [value, fc.constant(null), fc.array(value, { minLength: 1, maxLength: 3 })]
    const where = fc.oneof(...some, ...(unordered.has(type) ? [] : [bounds]))
    return fc.record({
      type: fc.constant(type),
      partition: unpartitioned.has(type) ? fc.constant(false) : fc.boolean(),
      first: fc.constant(first),
      second: fc.constant(second),
      path: fc.constantFrom<Story['path']>('append', 'replace', 'overwrite', 'merge', 'delete-insert', 'delete'),
      wheres: fc.array(where, { minLength: perTable, maxLength: perTable }),
    })
  })
})

let made = 0

async function write(tables: TestTables, { type, partition, first, second, path }: Story): Promise<string> {
  const name = `bronze.d${++made}`
  const options = { table: { columns: { c: { type } }, partitionBy: partition ? ['c'] : [] } }
  const rows = (of: Story['first'], from: number): readonly Row[] =>
    of.map((each, i) => ({ id: from + i, c: each?.given ?? null }))
  const later = rows(second, 3)
  await tables.load(
    'append',
    name,
    [...rows(first, 0), { id: 99, c: first.find((each) => each)?.given ?? null }],
    options,
  )
  if (path === 'append' || path === 'replace') await tables.load(path, name, rows(second, 100), options)
  else if (path === 'delete') await tables.delete(name, { id: { gte: 2, lt: 99 } })
  else if (path === 'overwrite') await tables.overwrite(name, later, { id: { gte: 3, lt: 20 } }, options)
  else await tables.merge(name, later, { key: ['id'], mode: path === 'merge' ? 'upsert' : path }, options)
  return name
}

const ids = (rows: readonly Row[]): string =>
  rows
    .map(({ id }) => Number(id))
    .toSorted((a, b) => a - b)
    .join()

const program = `
import sys, json, math
from pyiceberg.table import StaticTable
from pyiceberg.expressions import EqualTo, In, IsNull, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual, And, AlwaysTrue
ops = {'gt': GreaterThan, 'gte': GreaterThanOrEqual, 'lt': LessThan, 'lte': LessThanOrEqual}
def value(v):
    if v['kind'] == 'bytes': return bytes.fromhex(v['text'])
    if v['kind'] == 'int': return int(v['text'])
    if v['kind'] == 'float': return float(v['text'])
    if v['kind'] == 'bool': return v['text'] == 'true'
    return v['text']
def expression(w):
    if w is None: return IsNull('c')
    if isinstance(w, list): return In('c', [value(v) for v in w]) if len(w) > 1 else EqualTo('c', value(w[0]))
    if 'kind' in w: return EqualTo('c', value(w))
    e = AlwaysTrue()
    for name, v in w.items(): e = And(e, ops[name]('c', value(v)))
    return e
out = []
for ask in json.load(sys.stdin):
    table = StaticTable.from_metadata(ask['metadata'])
    found = []
    for w in ask['wheres']:
        try: found.append(sorted(table.scan(row_filter=expression(w), selected_fields=('id',)).to_arrow()['id'].to_pylist()))
        except Exception as e: found.append(type(e).__name__ + ': ' + str(e)[:200])
    out.append(found)
json.dump(out, sys.stdout)
`

/** A value as PyIceberg takes it: it converts texts to the column's type. */
function told(type: PrimitiveType, given: unknown): unknown {
  if (given === null) return null
  if (given instanceof Uint8Array) return { kind: 'bytes', text: Buffer.from(given).toString('hex') }
  if (Array.isArray(given)) return given.map((each) => told(type, each))
  if (given instanceof Date) {
    const text = given.toISOString().slice(0, -1)
    return { kind: 'text', text: type === 'timestamptz' ? `${text}+00:00` : text }
  }
  if (typeof given === 'object')
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, told(type, value)]))
  if (typeof given === 'boolean') return { kind: 'bool', text: String(given) }
  if (type === 'float' || type === 'double')
    return { kind: 'float', text: Object.is(given, -0) ? '-0.0' : `${given as number}`.replace('Infinity', 'inf') }
  return { kind: typeof given === 'string' ? 'text' : 'int', text: `${given as bigint | number | string}` }
}

interface Asked {
  readonly story: Story
  readonly metadata: string
  readonly expected: readonly string[]
}

/** What Sluice finds, with and without pruning; prints where the two differ. */
async function ask(tables: TestTables, each: Story, differ: (what: string) => void): Promise<Asked> {
  const name = await write(tables, each)
  const view = await tables.view(name)
  const metadata = tables.lake.storage.addressOf(view.pointer.metadataKey)
  const all = await tables.rows(name)
  // Every file, whatever the condition: what is asked of it is left to SQL.
  await using scan = await scanView(tables.lake, view)
  await using session = await (await tables.lake.duck()).session()
  const expected: string[] = []
  for (const c of each.wheres) {
    const where: Where = { c }
    const pruned = ids(await tables.rows(name, { where }))
    const { sql } = conditionOf(name, view.schema, where)
    const full = ids(await session.all<{ id: number }>(`SELECT id FROM ${scan.item} WHERE ${sql}`))
    if (pruned !== full) differ(`${each.type} ${each.path} ${name}: pruned ${pruned}, all ${full}`)
    expected.push(full)
  }
  const bird = await icebirdRows(metadata).then(ids, String)
  if (bird !== ids(all)) differ(`${each.type} ${each.path} ${name}: icebird ${bird}, Sluice ${ids(all)}`)
  return { story: each, metadata, expected }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } })
  const cases = Number(values.cases ?? 2_000)
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  const stories = fc.sample(story, { seed, numRuns: Math.ceil(cases / perTable) })
  let differences = 0
  const differ = (what: string): void => {
    differences += 1
    if (differences <= 20) console.log(`DIFFERENCE ${what}`)
  }
  if (pyiceberg === undefined) console.log('PyIceberg is left out: SLUICE_PYICEBERG names no Python that has it')
  await using tables = await openTestTables()
  for (let from = 0; from < stories.length; from += 20) {
    const asked: Asked[] = []
    for (const each of stories.slice(from, from + 20)) asked.push(await ask(tables, each, differ))
    if (pyiceberg !== undefined) compare(asked, differ)
    if (from % 400 === 0) console.log(`${(from + asked.length) * perTable} cases: ${differences} differences`)
  }
  console.log(`${stories.length * perTable} cases, seed ${seed}: ${differences} differences`)
  process.exitCode = differences === 0 ? 0 : 1
}

function compare(asked: readonly Asked[], differ: (what: string) => void): void {
  const found = python(
    program,
    asked.map(({ story: { type, wheres }, metadata }) => ({
      metadata,
      wheres: wheres.map((each) => told(type, each)),
    })),
  ) as readonly (readonly (readonly number[] | string)[])[]
  for (const [
    i,
    {
      story: { type, path, wheres },
      expected,
    },
  ] of asked.entries())
    for (const [j, where] of wheres.entries()) {
      const theirs = found[i]?.[j] ?? 'nothing'
      const text = typeof theirs === 'string' ? theirs : theirs.join()
      if (text !== expected[j] && !isTheirs(type, where))
        differ(`${type} ${path} ${JSON.stringify(told(type, where))}: PyIceberg ${text}, Sluice ${expected[j]}`)
    }
}

/** What PyIceberg itself answers otherwise: it takes infinite floats for values beyond the type, and looks for zeros in lists by their sign. */
function isTheirs(type: PrimitiveType, where: unknown): boolean {
  if (type !== 'float' && type !== 'double') return false
  if (Array.isArray(where) && where.length > 1 && where.includes(0)) return true
  const given: readonly unknown[] = typeof where === 'object' && where !== null ? Object.values(where) : [where]
  return type === 'float' && given.some((value) => value === Infinity || value === -Infinity)
}

await main()
