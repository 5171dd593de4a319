import type { RunRecord } from '@sluice/store'
import { settleTurns } from '@sluice/testing'
import * as z from 'zod'
import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld, stepsOf } from '../harness.testsuite.ts'
import { flow, readValue, run, task } from '../index.ts'

const leaf = task({ name: 'leaf' }, (n: number) => n * 2)

test('a flow called in a flow is a child run: a row of its own, linked to its parent, with its tasks under it', async () => {
  await using world = await openWorld()
  const child = flow(
    { name: 'child', version: '7', tags: ['t'], description: 'd', runName: (p: { n: number }) => `child ${p.n}` },
    async ({ n }: { n: number }) => leaf(n),
  )
  await world.process().start(flow({ name: 'parent' }, async () => child({ n: 3 })))
  const root = await world.run()
  const [row] = await world.children()
  expect(row).toMatchObject({
    flow: 'child',
    flowVersion: '7',
    name: 'child 3',
    description: 'd',
    tags: ['t'],
    rootId: root.id,
    parentId: root.id,
    parentTaskId: null,
    state: { name: 'Completed' },
    attempt: 1,
    checkpoint: true,
    owner: null,
  })
  expect(stepsOf(row as RunRecord)).toEqual(['Running', 'Completed'])
  expect(await readValue(world.home, row?.result ?? null)).toBe(6)
  expect(await readValue(world.home, row?.parameters ?? null)).toEqual({ n: 3 })
  expect((await world.tasks('leaf'))[0]?.runId).toBe(row?.id)
})

test('a flow called in a task is a child run of that task', async () => {
  await using world = await openWorld()
  const child = flow({ name: 'child' }, async () => run.id)
  const outer = task({ name: 'outer' }, async () => child())
  const childId = await world.process().start(flow({ name: 'parent' }, async () => outer()))
  const [row] = await world.children()
  expect(row).toMatchObject({ id: childId, parentTaskId: (await world.tasks('outer'))[0]?.id })
})

test('parameters are parsed once: a resume hands the body what the first process parsed', async () => {
  await using world = await openWorld()
  let parses = 0
  const counted = z.object({ n: z.int() }).transform(({ n }) => ({ n, parse: ++parses }))
  const bodies: unknown[] = []
  let crash: (() => Promise<void>) | undefined
  const dies = task({ name: 'dies' }, async () => {
    const kill = crash
    crash = undefined
    // The child's row is on its way with the call that waits here.
    if (kill) await settleTurns()
    await kill?.()
    if (kill) await new Promise(() => undefined)
  })
  const child = flow({ name: 'child', parameters: counted }, async (p) => {
    bodies.push(p)
    await dies()
  })
  const parent = flow({ name: 'parent', parameters: counted }, async (p) => {
    bodies.push(p)
    await child({ n: 5 })
  })
  const first = world.process()
  const killed = gate()
  crash = async () => {
    await first.kill()
    killed.open()
  }
  first.start(parent, { n: 1 }).catch(() => undefined)
  await killed.promise
  await world.process().goOn(parent)
  expect(bodies).toEqual([
    { n: 1, parse: 1 },
    { n: 5, parse: 2 },
    { n: 1, parse: 1 },
    { n: 5, parse: 2 },
  ])
})

test('invalid parameters of a child fail its call with every issue; the row can be read', async () => {
  await using world = await openWorld()
  const child = flow({ name: 'child', parameters: z.object({ n: z.int(), s: z.string() }) }, () => 'never')
  const error = await expectCode(
    world.process().start(flow({ name: 'parent' }, async () => child({ n: 1.5, s: 7 as unknown as string }))),
    'PARAMETERS_INVALID',
  )
  expect(error.message).toMatch(/n: .*\n?.*s: /s)
  const [row] = await world.children()
  expect(row).toMatchObject({ state: { name: 'Failed' }, error: { code: 'PARAMETERS_INVALID' } })
  expect(await readValue(world.home, row?.parameters ?? null)).toBeUndefined()
})

test('a child refused for its parameters is validated again by a retry: the schema may be mended', async () => {
  await using world = await openWorld()
  let strict = true
  const schema = z.object({ n: z.number().refine((n) => !strict || n > 10, 'too small') })
  const child = flow({ name: 'child', parameters: schema }, ({ n }) => n)
  const parent = flow({ name: 'parent' }, async () => child({ n: 1 }))
  await expectCode(world.process().start(parent), 'PARAMETERS_INVALID')
  strict = false
  expect(await world.process().goOn(parent, 'retry')).toBe(1)
})

test('invalid parameters of a root run are refused before anything is recorded', async () => {
  await using world = await openWorld()
  const strict = flow({ name: 'strict', parameters: z.object({ n: z.int() }) }, () => 'never')
  await expectCode(world.process().start(strict, { n: 'x' }), 'PARAMETERS_INVALID')
  expect((await world.store.listRuns({ limit: 10 })).items).toEqual([])
})

test.each([undefined, null, 0, 'text', [1, 2], { at: new Date(0) }])(
  'a flow without a schema takes its argument as it is, also on a resume: %o',
  async (given) => {
    await using world = await openWorld()
    const seen: unknown[] = []
    const plain = flow({ name: 'plain' }, (p: unknown) => {
      seen.push(p)
      if (seen.length === 1) throw new Error('once')
    })
    await errorOf(world.process().start(plain, given))
    await world.process().goOn(plain, 'retry')
    expect(seen).toEqual([given, given])
  },
)

test("a finished child's result is its checkpoint: a resume runs neither it nor what is under it", async () => {
  await using world = await openWorld()
  const ran: string[] = []
  const inner = task({ name: 'inner' }, () => void ran.push('inner'))
  const child = flow({ name: 'child' }, async () => {
    ran.push('child')
    await inner()
    return { made: 'once' }
  })
  let fail = true
  const parent = flow({ name: 'parent' }, async () => {
    const made = await child()
    if (fail) throw new Error('after the child')
    return made
  })
  await errorOf(world.process().start(parent))
  fail = false
  expect(await world.process().goOn(parent, 'retry')).toEqual({ made: 'once' })
  expect(ran).toEqual(['child', 'inner'])
})

test('a failing child fails its caller with its own error, and both rows say so', async () => {
  await using world = await openWorld()
  const child = flow({ name: 'child' }, () => {
    throw new TypeError('bad child')
  })
  const caught = flow({ name: 'parent' }, async () => child().catch((error: unknown) => (error as Error).name))
  expect(await world.process().start(caught)).toBe('TypeError')
  expect((await errorOf(world.process().start(flow({ name: 'open' }, async () => child())))).message).toBe('bad child')
  expect((await world.children())[0]).toMatchObject({
    state: { name: 'Failed', message: 'bad child' },
    error: { name: 'TypeError' },
  })
  expect((await world.run()).state).toMatchObject({ name: 'Failed', message: 'bad child' })
})

test('run.id is the innermost flow run, run.parameters its parsed parameters, run.now the start of the whole run', async () => {
  await using world = await openWorld()
  const facts = task({ name: 'facts' }, () => ({
    id: run.id,
    parameters: run.parameters,
    now: run.now.getTime(),
    name: run.name,
  }))
  const child = flow({ name: 'child' }, async (_given: { c: number }) => facts())
  const parent = flow({ name: 'parent' }, async (_given: { p: number }) => [await facts(), await child({ c: 2 })])
  const process = world.process()
  const started = process.clock.now() / 1000
  const [inParent, inChild] = (await process.start(parent, { p: 1 })) as { id: string }[]
  expect(inParent).toEqual({ id: (await world.run()).id, parameters: { p: 1 }, now: started, name: 'facts' })
  expect(inChild).toEqual({ id: (await world.children())[0]?.id, parameters: { c: 2 }, now: started, name: 'facts' })
})
