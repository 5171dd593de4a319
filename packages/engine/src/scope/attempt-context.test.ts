import { expect, test } from 'vitest'
import { openWorld } from '../harness.testsuite.ts'
import { attemptContext, type AttemptContext, flow, run, task } from '../index.ts'

function required(): AttemptContext {
  const context = attemptContext()
  if (!context) throw new Error('no context')
  return context
}

test('outside of flows and tasks there is none', () => {
  expect(attemptContext()).toBeUndefined()
})

test('it says whose attempt it is, and under which ownership', async () => {
  await using world = await openWorld()
  const seen = await world.process().start(
    flow({ name: 'f' }, () =>
      task({ name: 't' }, () => {
        const { rootId, runId, taskRunId, key, epoch } = required()
        return { rootId, runId, taskRunId, key, epoch, same: key === run.key && taskRunId === run.taskRunId }
      })(),
    ),
  )
  const { id, epoch } = await world.run()
  expect(seen).toMatchObject({ rootId: id, runId: id, epoch, same: true })
})

test('an attempt that has settled is told so, whatever its code still does', async () => {
  await using world = await openWorld()
  let kept: AttemptContext | undefined
  const step = task({ name: 'step' }, () => {
    kept = required()
    kept.requireOpen()
  })
  await world.process().start(
    flow({ name: 'f' }, async () => {
      await step()
      expect(() => kept?.requireOpen()).toThrow(expect.objectContaining({ code: 'ATTEMPT_CLOSED' }))
      await expect(kept?.requireOwned()).rejects.toMatchObject({ code: 'ATTEMPT_CLOSED' })
    }),
  )
  expect(() => kept?.requireOpen()).toThrow()
})

test('equal acts are counted, from the beginning again at the next try', async () => {
  await using world = await openWorld()
  const counted: number[][] = []
  const step = task({ name: 'step', retries: 1 }, () => {
    const context = required()
    counted.push([context.ordinal('a'), context.ordinal('a'), context.ordinal('b')])
    if (counted.length === 1) throw new Error('again')
  })
  await world.process().start(flow({ name: 'f' }, () => step()))
  expect(counted).toEqual([
    [0, 1, 0],
    [0, 1, 0],
  ])
})
