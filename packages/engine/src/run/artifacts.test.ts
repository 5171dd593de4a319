import { Secret } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, gate, openWorld, type World } from '../harness.testsuite.ts'
import { flow, run, task } from '../index.ts'

/** By key. */
const artifactsOf = async (world: World) =>
  (await world.store.listArtifacts((await world.run()).id)).toSorted((a, b) => a.key.localeCompare(b.key))

test('markdown, tables and links are kept with the task or flow run that wrote them', async () => {
  await using world = await openWorld()
  const writes = task({ name: 'writes' }, () => {
    run.artifact.table(
      'rows',
      [
        { a: 1, b: 'x' },
        { a: 2, c: true },
      ],
      { description: 'all of them' },
    )
    run.artifact.link('site', 'https://example.org')
  })
  const body = flow({ name: 'f' }, async () => {
    run.artifact.markdown('report', '# Done', { description: 'how it went' })
    await writes()
  })
  await world.process().start(body)
  const root = await world.run()
  const [row] = await world.tasks()
  expect(await artifactsOf(world)).toMatchObject([
    {
      key: 'report',
      kind: 'markdown',
      description: 'how it went',
      data: { markdown: '# Done' },
      runId: root.id,
      taskRunId: null,
    },
    {
      key: 'rows',
      kind: 'table',
      data: {
        columns: ['a', 'b', 'c'],
        rows: [
          { a: 1, b: 'x' },
          { a: 2, c: true },
        ],
      },
      taskRunId: row?.id,
    },
    {
      key: 'site',
      kind: 'link',
      data: { url: 'https://example.org', text: 'https://example.org' },
      taskRunId: row?.id,
    },
  ])
})

test('written again under its key, an artifact replaces what was there', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    run.artifact.markdown('report', 'first')
    await settleTurns(3)
    run.artifact.markdown('report', 'second')
  })
  await world.process().start(body)
  expect(await artifactsOf(world)).toMatchObject([{ data: { markdown: 'second' } }])
})

test('a task that is killed after it wrote an artifact writes it again: there is one', async () => {
  await using world = await openWorld()
  let crash = true
  const written = gate()
  const writes = task({ name: 'writes' }, async () => {
    run.artifact.markdown('report', crash ? 'before' : 'after')
    await settleTurns()
    written.open()
    if (crash) await new Promise(() => undefined)
  })
  const body = flow({ name: 'f' }, async () => {
    run.artifact.link('flow', 'https://example.org')
    await writes()
  })
  const first = world.process()
  first.start(body).catch(() => undefined)
  await written.promise
  await first.kill()
  crash = false
  await world.process().goOn(body)
  const [row] = await world.tasks()
  expect((await artifactsOf(world)).map(({ key, taskRunId, data }) => [key, taskRunId, data['markdown']])).toEqual([
    ['flow', null, undefined],
    ['report', row?.id, 'after'],
  ])
})

test('a killed task and what it had called stay together: the rows of the call still have their parent', async () => {
  await using world = await openWorld()
  const reached = gate()
  let crash = true
  const inner = task({ name: 'inner' }, () => 1)
  const outer = task({ name: 'outer' }, async () => {
    await inner()
    reached.open()
    if (crash) await new Promise(() => undefined)
  })
  const body = flow({ name: 'f' }, async () => outer())
  const first = world.process()
  first.start(body).catch(() => undefined)
  await reached.promise
  await first.kill()
  crash = false
  await world.process().goOn(body)
  expect((await world.tasks('inner')).map((row) => row.parentTaskId)).toEqual(
    (await world.tasks('outer')).map((row) => row.id),
  )
})

test('progress is told at once and kept once a second, the last report always', async () => {
  await using world = await openWorld()
  const hold = gate()
  const loads = task({ name: 'loads' }, async () => {
    for (let done = 1; done <= 100; done++) run.progress({ done, total: 200, label: 'rows' })
    await hold.promise
    run.progress(1)
  })
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, async () => loads()))
  await settleTurns()
  expect(one.events.filter((event) => event.kind === 'progress')).toHaveLength(100)
  expect(await artifactsOf(world)).toEqual([])
  await one.clock.advance(1_000)
  expect(await artifactsOf(world)).toMatchObject([{ kind: 'progress', data: { done: 100, total: 200, label: 'rows' } }])
  hold.open()
  await root
  expect(await artifactsOf(world)).toMatchObject([{ kind: 'progress', data: { done: 1, total: 1 } }])
})

test('secrets are masked in artifacts', async () => {
  await using world = await openWorld()
  const key = new Secret('sk-live-12345')
  const body = flow({ name: 'f' }, () => {
    run.artifact.markdown('m', `the key is ${key.reveal()}`)
    run.artifact.table('t', [{ key: key.reveal(), wrapped: key }])
    run.progress({ done: 1, label: key.reveal() })
  })
  await world.process().start(body)
  const artifacts = await artifactsOf(world)
  expect(artifacts).toHaveLength(3)
  expect(JSON.stringify(artifacts)).not.toContain('sk-live')
})

test('bigints in a table are kept as text', async () => {
  await using world = await openWorld()
  await world.process().start(flow({ name: 'f' }, () => run.artifact.table('t', [{ n: 2n ** 64n }])))
  expect(await artifactsOf(world)).toMatchObject([{ data: { rows: [{ n: '18446744073709551616' }] } }])
})

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

test.each<[string, () => void, RegExp]>([
  ['a key that is too long', () => run.artifact.link('k'.repeat(201), 'https://example.org'), /1 to 200 characters/],
  ['data that is too large', () => run.artifact.markdown('m', 'x'.repeat(2_100_000)), /at most 2000000 are kept/],
  ['data that is nested too deep', () => run.artifact.table('t', [{ deep: nested(60) }]), /deeper than 50 levels/],
])('%s is refused where it is written, and nothing of it reaches the journal', async (_, write, problem) => {
  await using world = await openWorld()
  const writes = task({ name: 'writes' }, write)
  const error = await errorOf(world.process().start(flow({ name: 'f' }, async () => writes())))
  expect(error).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringMatching(problem) })
  expect(await artifactsOf(world)).toEqual([])
})

test('what could be taken for a prototype is left out of artifacts and of the fields of a log line', async () => {
  await using world = await openWorld()
  const evil = JSON.parse('{"a": 1, "__proto__": {"b": 2}}') as Record<string, unknown>
  await world.process().start(
    flow({ name: 'f' }, async () => {
      run.artifact.table('rows', [evil])
      run.log.info('evil', evil)
      run.log.info('deep', { deep: nested(60) })
      run.log.info('x'.repeat(300_000))
    }),
  )
  expect(JSON.stringify((await artifactsOf(world))[0]?.data)).not.toContain('"b"')
  const lines = (await world.logs()).toSorted((a, b) => a.message.length - b.message.length)
  expect(lines.map(({ fields }) => fields)).toEqual([
    { a: 1 },
    { unreadable: 'these fields cannot be kept: it is nested deeper than 50 levels' },
    null,
  ])
  expect(lines.at(-1)?.message).toMatch(/^x{200000}… \(100000 more characters\)$/)
})
