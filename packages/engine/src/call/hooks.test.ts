import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, gate, openWorld } from '../harness.testsuite.ts'
import { flow, type HookEvent, type Hooks, run, sleep, task } from '../index.ts'

/** Hooks that write down what they are told. */
function telling(): { readonly hooks: Required<Hooks>; readonly told: string[]; readonly events: HookEvent[] } {
  const told: string[] = []
  const events: HookEvent[] = []
  const tell = (hook: string) => (event: HookEvent) => {
    told.push(`${hook} ${event.name} ${event.state.name} ${event.attempt}`)
    events.push(event)
  }
  const hooks = {
    onRunning: tell('running'),
    onCompletion: tell('completion'),
    onFailure: tell('failure'),
    onCancellation: tell('cancellation'),
    onCrashed: tell('crashed'),
  }
  return { hooks, told, events }
}

test('hooks of a task and its flow are told of each attempt and of the end, with result and ids', async () => {
  await using world = await openWorld()
  const { hooks, told, events } = telling()
  const twice = task({ name: 'twice', retries: 1, ...hooks }, () => {
    if (run.attempt === 1) throw new Error('once')
    return 'fine'
  })
  await world.process().start(flow({ name: 'f', ...hooks }, async () => twice()))
  expect(told).toEqual([
    'running f Running 1',
    'running twice Running 1',
    'running twice Retrying 2',
    'completion twice Completed 2',
    'completion f Completed 1',
  ])
  const root = await world.run()
  const [row] = await world.tasks()
  expect(events[3]).toMatchObject({ result: 'fine', runId: root.id, taskRunId: row?.id, state: { type: 'completed' } })
  expect(events[4]).toMatchObject({ result: 'fine', runId: root.id })
  expect(events[4]).not.toHaveProperty('taskRunId')
})

test('a failure is told with its error, a cancellation as such', async () => {
  await using world = await openWorld()
  const { hooks, told, events } = telling()
  const fails = task({ name: 'fails', ...hooks }, () => {
    throw new Error('broken')
  })
  const stuck = task({ name: 'stuck', ...hooks }, () => new Promise<void>(() => undefined))
  const body = flow({ name: 'f', ...hooks }, async () => {
    const future = stuck()
    future.cancel()
    await future.settled()
    await fails()
  })
  await errorOf(world.process().start(body))
  expect(told).toEqual([
    'running f Running 1',
    'running stuck Running 1',
    'cancellation stuck Cancelled 1',
    'running fails Running 1',
    'failure fails Failed 1',
    'failure f Failed 1',
  ])
  expect(events.at(-1)?.error).toMatchObject({ message: 'broken' })
})

test('the run waits for its hooks, and what they throw is logged and changes nothing', async () => {
  await using world = await openWorld()
  const hold = gate()
  const body = flow(
    {
      name: 'f',
      onCompletion: () => hold.promise,
      onRunning: () => {
        throw new Error('hook broke')
      },
    },
    () => 'fine',
  )
  let ended = false
  const root = world.process().start(body)
  void root.then(() => (ended = true))
  await settleTurns()
  expect(ended).toBe(false)
  hold.open()
  expect(await root).toBe('fine')
  expect((await world.logs()).filter((line) => line.level === 40)).toMatchObject([
    { message: expect.stringMatching(/onRunning hook of f failed.*hook broke/) },
  ])
})

test('a hook runs outside the run: it cannot call tasks', async () => {
  await using world = await openWorld()
  const works = task({ name: 'works' }, () => 1)
  const body = flow({ name: 'f', onRunning: () => void works() }, () => 'fine')
  expect(await world.process().start(body)).toBe('fine')
  expect((await world.logs())[0]?.message).toContain('outside a run')
  expect(await world.tasks()).toEqual([])
})

test('a resume tells onCrashed once, and does not tell again what earlier processes told', async () => {
  await using world = await openWorld()
  const { hooks, told } = telling()
  const done = task({ name: 'done', ...hooks }, () => 1)
  const fails = task({ name: 'fails', ...hooks }, () => {
    throw new Error('caught')
  })
  const body = flow({ name: 'f', ...hooks }, async () => {
    await done()
    await fails().settled()
    await sleep('1h')
  })
  const first = world.process()
  first.start(body).catch(() => undefined)
  await settleTurns()
  await first.kill()
  told.length = 0
  const second = world.process()
  const resumed = second.goOn(body)
  await second.clock.advance(3_600_000)
  await resumed
  expect(told).toEqual(['crashed f Running 1', 'running f Running 1', 'completion f Completed 1'])
})
