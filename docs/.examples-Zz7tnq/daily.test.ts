import { enumerateCrashes, FakeClock, resumeAfterEveryTask, testHome } from '@sluice/testing'
import { startRun } from '@sluice/engine'
import { flow, sleep, task } from 'sluice'
import { expect, test } from 'vitest'

const sent: string[] = []
const send = task({ name: 'send' }, async (to: string) => {
  sent.push(to)
  return to.length
})
const daily = flow({ name: 'daily' }, async () => (await send('a')) + (await send('bb')))

test('a task is a function', () => {
  expect(send.fn('abc')).toBeInstanceOf(Promise)
})

test('whenever it is killed, daily comes to 3, and sends at most one message twice', async () => {
  await enumerateCrashes({
    flow: daily,
    reset: () => sent.splice(0),
    check: ({ outcome }) => {
      expect(outcome).toEqual({ status: 'fulfilled', value: 3 })
      expect(sent.length).toBeLessThanOrEqual(3)
    },
  })
})

test('it keeps nothing in variables that a resume would miss', async () => {
  expect((await resumeAfterEveryTask(daily)).value).toBe(3)
})

test('it waits until the evening', async () => {
  const clock = new FakeClock()
  await using home = await testHome({ platform: clock })
  const evening = flow({ name: 'evening' }, async () => sleep('9h'))
  const run = startRun(evening, undefined, { home, reporter: { event: () => undefined } })
  await clock.advance(8 * 3_600_000)
  expect(run.state.name).toBe('Paused')
  await clock.advance(3_600_000)
  await run
})
