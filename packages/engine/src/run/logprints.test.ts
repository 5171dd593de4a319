import { Secret } from '@sluice/core'
import { expect, test, vi } from 'vitest'
import { gate, openWorld } from '../harness.testsuite.ts'
import { flow, run, task } from '../index.ts'

test('console.* of a task with logPrints goes to its log lines, with tasks in parallel each to its own', async () => {
  await using world = await openWorld()
  const meet = [gate(), gate()]
  const prints = task({ name: 'prints', logPrints: true }, async (n: number) => {
    console.log('before %d', n)
    meet[n]?.open()
    await meet[1 - n]?.promise
    await Promise.resolve()
    console.info({ n })
  })
  await world.process().start(flow({ name: 'f' }, () => Promise.all([prints(0), prints(1)])))
  const rows = await world.tasks()
  const lines = await world.logs()
  for (const [n, row] of rows.entries()) {
    expect(lines.filter((line) => line.taskRunId === row.id).map((line) => line.message)).toEqual([
      `before ${n}`,
      `{ n: ${n} }`,
    ])
  }
})

test('without logPrints console.* is left alone, also while a task beside has it', async () => {
  await using world = await openWorld()
  const printed: unknown[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...args) => void printed.push(args))
  try {
    const loud = task({ name: 'loud' }, () => console.log('to the terminal', 1))
    const quiet = task({ name: 'quiet', logPrints: true }, () => console.log('to the log'))
    await world.process().start(flow({ name: 'f' }, () => Promise.all([loud(), quiet()])))
    console.log('after')
  } finally {
    log.mockRestore()
  }
  expect(printed).toEqual([['to the terminal', 1], ['after']])
  expect((await world.logs()).map((line) => line.message)).toEqual(['to the log'])
})

test('a flow with logPrints does not take the prints of its tasks', async () => {
  await using world = await openWorld()
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  try {
    const inner = task({ name: 'inner' }, () => console.log('inner'))
    await world.process().start(
      flow({ name: 'f', logPrints: true }, async () => {
        console.log('outer')
        await inner()
      }),
    )
  } finally {
    log.mockRestore()
  }
  expect((await world.logs()).map((line) => [line.message, line.taskRunId])).toEqual([['outer', null]])
})

test('each method has its level, and so has each of run.log; fields are kept', async () => {
  await using world = await openWorld()
  const prints = task({ name: 'prints', logPrints: true }, () => {
    console.debug('debug')
    console.log('log')
    console.info('info')
    console.warn('warn')
    console.error('error')
  })
  const body = flow({ name: 'f' }, async () => {
    await prints()
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const)
      run.log[level](`own ${level}`, { level, big: 1n })
  })
  await world.process().start(body)
  const lines = await world.logs()
  expect(lines.slice(0, 5).map((line) => [line.level, line.message])).toEqual([
    [20, 'debug'],
    [30, 'log'],
    [30, 'info'],
    [40, 'warn'],
    [50, 'error'],
  ])
  expect(lines.slice(5).map((line) => line.level)).toEqual([10, 20, 30, 40, 50])
  expect(lines[5]).toMatchObject({
    message: 'own trace',
    fields: { level: 'trace', big: '1' },
    runId: (await world.run()).id,
    taskRunId: null,
  })
})

test('secrets are masked in prints, in log lines and in their fields', async () => {
  await using world = await openWorld()
  const password = new Secret('correct horse battery')
  const prints = task({ name: 'prints', logPrints: true }, () => {
    console.log('connecting with', password.reveal(), password)
    run.log.info(`url postgres://me:${password.reveal()}@db`, { password: password.reveal(), [password.reveal()]: 1 })
  })
  const one = world.process()
  await one.start(flow({ name: 'f' }, async () => prints()))
  const text = JSON.stringify([await world.logs(), one.events])
  expect(text).not.toContain('correct horse')
  expect((await world.logs())[0]?.message).toBe('connecting with ******** ********')
})

test('when the last run of the process has ended, console is what it was', async () => {
  await using world = await openWorld()
  const before = console.log
  const body = flow({ name: 'f' }, () => console.log === before)
  expect(await world.process().start(body)).toBe(false)
  expect(console.log).toBe(before)
})
