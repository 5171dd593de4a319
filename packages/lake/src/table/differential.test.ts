import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { duckdbType } from '../duckdb/duckdb-types.ts'
import { scanSql } from '../duckdb/scan.ts'
import { bindPredicate } from '../format/bind-predicate.ts'
import type { DataFile } from '../format/manifest.ts'
import { partitionSpec } from '../format/partition-spec.ts'
import { pruner } from '../format/prune.ts'
import type { PrimitiveType, Schema } from '../format/schema.ts'
import type { PartitionSpec, Transform } from '../format/table-metadata.ts'
import { transformResultType } from '../format/transforms.ts'
import { type Cell, cells } from '../testing/any-cell.testsupport.ts'
import { onDuck } from '../testing/on-duck.testsupport.ts'
import { type Condition, conditionOf } from './where.ts'

const duck = onDuck()

/** Conditions that are asked of one table: RUNS of them make a hundred thousand cases. */
const asked = 25
const runs = Number(process.env['RUNS'] ?? 80)

const transforms: readonly Transform[] = ['identity', 'year', 'month', 'day', 'hour', 'bucket[3]', 'truncate[2]']

interface Case {
  readonly type: PrimitiveType
  readonly transform: Transform | undefined
  readonly files: readonly (readonly (Cell | null)[])[]
  readonly wheres: readonly Record<string, unknown>[]
}

const aCase: fc.Arbitrary<Case> = fc.constantFrom(...(Object.keys(cells) as PrimitiveType[])).chain((type) => {
  const cell = cells[type] ?? fc.constant({ sql: 'NULL', given: null })
  const takes = transforms.filter((transform) => partitions(transform, type))
  return fc
    .array(fc.array(fc.option(cell, { freq: 6 }), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })
    .chain((files) => {
      // Often a value that is there: conditions that nothing fulfils find no mistakes.
      const known = files.flat().flatMap((each) => (each === null ? [] : [each]))
      const wanted = (known.length > 0 ? fc.oneof(fc.constantFrom(...known), cell) : cell).map(({ given }) => given)
      const bounds = fc.record({ gt: wanted, gte: wanted, lt: wanted, lte: wanted }, { requiredKeys: [] })
      const where = fc.oneof(wanted, fc.constant(null), fc.array(wanted, { maxLength: 3 }), bounds)
      return fc.record({
        type: fc.constant(type),
        transform: fc.constantFrom(undefined, ...takes),
        files: fc.constant(files),
        wheres: fc.array(
          where.map((c) => ({ c })),
          { minLength: asked, maxLength: asked },
        ),
      })
    })
})

/** Floats make poor partitions, NaN is equal to itself here and not there. */
function partitions(transform: Transform, type: PrimitiveType): boolean {
  return type !== 'float' && type !== 'double' && transformResultType(transform, type) !== undefined
}

test(`no file that is left out has a row that fulfils the condition: ${runs * asked} random types, values and conditions`, async () => {
  await fc.assert(fc.asyncProperty(aCase, holds), { numRuns: runs })
}, 3_600_000)

async function holds({ type, transform, files, wheres }: Case): Promise<void> {
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: [{ id: 1, name: 'c', required: false, type }],
  }
  const spec: PartitionSpec = partitionSpec(schema, transform ? [{ column: 'c', transform }] : [])
  const written: DataFile[] = []
  for (const column of files) written.push(...(await duck.write(schema, valuesSql(type, column), spec)))
  const conditions = wheres.map((where) => conditionOf('t', schema, where))
  const found = await rowsByFile(schema, written, conditions)
  for (const [i, { predicate, sql }] of conditions.entries()) {
    const prune = pruner(bindPredicate(predicate, schema), schema)
    for (const file of written)
      if (!prune.mayMatchFile(file, spec)) expect(found.get(duck.pathOf(file))?.[i], sql).toBe(0)
  }
}

function valuesSql(type: PrimitiveType, column: readonly (Cell | null)[]): string {
  const rows = column.map((cell) => `(${cell?.sql ?? 'NULL'}::${duckdbType(type)})`).join(', ')
  return `SELECT * FROM (VALUES ${rows}) AS t (c)`
}

/** How many rows of each file fulfil each condition, by reading all of them. */
async function rowsByFile(
  schema: Schema,
  files: readonly DataFile[],
  conditions: readonly Condition[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>()
  const counts = conditions.map(({ sql }, i) => `(count(*) FILTER (WHERE ${sql}))::INTEGER AS n${i}`).join(', ')
  for (const file of files) {
    const entry = { status: 'added', snapshotId: 1n, sequenceNumber: 1, fileSequenceNumber: 1, file } as const
    const lent = { paths: [duck.pathOf(file)], [Symbol.asyncDispose]: () => Promise.resolve() }
    const { item } = await scanSql({ schema, schemas: [schema], entries: [entry], lent })
    const [row = {}] = await duck.session.all<Record<string, number>>(`SELECT ${counts} FROM ${item}`)
    found.set(
      duck.pathOf(file),
      conditions.map((_, i) => row[`n${i}`] ?? 0),
    )
  }
  return found
}
