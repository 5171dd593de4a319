import type { TaskRunRecord } from '@sluice/store'
import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { openWorld, type World } from '../harness.testsuite.ts'
import { flow, task } from '../index.ts'

const number = task({ name: 'number' }, (n: number) => n)
const object = task({ name: 'object' }, (n: number) => ({ n, inner: { n } }))
const takes = task({ name: 'takes' }, (..._given: readonly unknown[]) => 'taken')

interface Edges {
  readonly data: readonly string[]
  readonly after: readonly string[]
  readonly more?: number
}

/** The edges of a call, with the places of the calls in the journal for their ids. */
async function edgesInto(world: World, name: string, at = 0): Promise<Edges> {
  const rows = [...(await world.tasks()), ...(await world.children())]
  const named = new Map(rows.map((row) => [row.id, labelOf(row as TaskRunRecord, rows as readonly TaskRunRecord[])]))
  const upstream = rows.filter((row) => 'name' in row && (row as TaskRunRecord).name === name)[at]?.upstream
  if (!upstream) throw new Error(`${name} was not recorded`)
  const labels = (ids: readonly string[]): string[] => ids.map((id) => named.get(id) ?? 'unknown')
  return { ...upstream, data: labels(upstream.data), after: labels(upstream.after) }
}

function labelOf(row: TaskRunRecord, rows: readonly TaskRunRecord[]): string {
  const name = row.name ?? (row as unknown as { flow: string }).flow
  const place = rows.filter((other) => other.name === row.name).indexOf(row)
  return `${name}#${place}`
}

test('a future passed to a task is a data edge, also nested in arrays and plain objects', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => takes(number(1), { list: [number(2), 'plain', number(3)] }))
  await world.process().start(body)
  expect(await edgesInto(world, 'takes')).toEqual({ data: ['number#0', 'number#1', 'number#2'], after: [] })
})

test('an awaited object keeps its origin wherever it is passed; a copy does not', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const [a, b] = [await object(1), await object(2)]
    await takes(a, [b])
    await takes({ ...a })
  })
  await world.process().start(body)
  expect(await edgesInto(world, 'takes')).toEqual({ data: ['object#0', 'object#1'], after: [] })
  expect(await edgesInto(world, 'takes', 1)).toEqual({ data: [], after: ['takes#0'] })
})

test('an awaited primitive gives an "after" edge: the frontier, not the history', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    let sum = 0
    for (const n of [1, 2, 3]) sum += await number(sum + n)
    await takes(sum)
    await Promise.all([number(10), number(20)])
    await takes('both')
  })
  await world.process().start(body)
  expect(await edgesInto(world, 'number', 0)).toEqual({ data: [], after: [] })
  expect(await edgesInto(world, 'number', 1)).toEqual({ data: [], after: ['number#0'] })
  expect(await edgesInto(world, 'number', 2)).toEqual({ data: [], after: ['number#1'] })
  expect(await edgesInto(world, 'takes', 0)).toEqual({ data: [], after: ['number#2'] })
  expect(await edgesInto(world, 'takes', 1)).toEqual({ data: [], after: ['number#3', 'number#4'] })
})

test('a result that is looked at only after it came stands for what it came after, too', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const first = number(1)
    await settleTurns()
    await first
    const second = number(2)
    await settleTurns()
    await second
    await takes('later')
  })
  await world.process().start(body)
  expect(await edgesInto(world, 'number', 1)).toEqual({ data: [], after: ['number#0'] })
  expect(await edgesInto(world, 'takes')).toEqual({ data: [], after: ['number#1'] })
})

test('parallel calls before an await come after nothing of each other', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const [a, b] = [number(1), number(2)]
    await a
    await b
  })
  await world.process().start(body)
  expect(await edgesInto(world, 'number', 1)).toEqual({ data: [], after: [] })
})

test('what a child does inside stays inside: its caller comes after the child', async () => {
  await using world = await openWorld()
  const child = flow({ name: 'child' }, () => number(1))
  const body = flow({ name: 'f' }, async () => {
    await child()
    await takes('later')
  })
  await world.process().start(body)
  expect(await edgesInto(world, 'takes')).toEqual({ data: [], after: ['child#0'] })
})

test('edges are capped, and the rest is counted', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => takes(number.map(Array.from({ length: 130 }, (_, n) => n))))
  await world.process().start(body)
  const edges = await edgesInto(world, 'takes')
  expect([edges.data.length, edges.after.length, edges.more]).toEqual([100, 0, 30])
})

test('a single future of a map leads to its own item', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const early = object.map([1, 2, 3])
    await takes(Array.from(early)[1])
    await early
    await takes(Array.from(early)[2])
  })
  await world.process().start(body)
  expect(await edgesInto(world, 'takes', 0)).toEqual({ data: ['object#1'], after: [] })
  expect(await edgesInto(world, 'takes', 1)).toEqual({ data: ['object#2'], after: [] })
})

test('edges are the same after a crash', async () => {
  await using world = await openWorld()
  const first = world.process()
  let crash = true
  const dies = task({ name: 'dies' }, async () => {
    if (!crash) return
    crash = false
    await first.kill()
    await new Promise(() => undefined)
  })
  const body = flow({ name: 'f' }, async () => {
    const made = await object(1)
    const n = await number(2)
    await dies()
    await takes(made)
    await takes(made, n)
  })
  first.start(body).catch(() => undefined)
  const [second] = [world.process()]
  while ((await world.run().catch(() => undefined))?.state.name !== 'Crashed')
    await new Promise((resolve) => setImmediate(resolve))
  await second.goOn(body)
  expect(await edgesInto(world, 'takes', 0)).toEqual({ data: ['object#0'], after: [] })
  expect(await edgesInto(world, 'takes', 1)).toEqual({ data: ['object#0'], after: [] })
  expect(await edgesInto(world, 'dies', 0)).toEqual({ data: [], after: ['number#0'] })
})
