import { expect, test } from 'vitest'
import { createSlots } from './slots.ts'

test('no more than the size are taken at once, and the first to wait is the first to get one', async () => {
  const slots = createSlots(2)
  const first = await slots.take()
  await slots.take()
  const order: string[] = []
  const third = slots.take().then((giveBack) => (order.push('third'), giveBack))
  const fourth = slots.take().then(() => order.push('fourth'))
  expect(order).toEqual([])
  first()
  const giveBackThird = await third
  expect(order).toEqual(['third'])
  giveBackThird()
  await fourth
  expect(order).toEqual(['third', 'fourth'])
})

test('giving a slot back twice frees it once', async () => {
  const slots = createSlots(1)
  const giveBack = await slots.take()
  giveBack()
  giveBack()
  await slots.take()
  const aborted = AbortSignal.abort(new Error('no slot left'))
  await expect(slots.take(aborted)).rejects.toThrow('no slot left')
})

test('a wait that is aborted leaves its place to the next', async () => {
  const slots = createSlots(1)
  const giveBack = await slots.take()
  const controller = new AbortController()
  const gone = slots.take(controller.signal)
  const next = slots.take()
  controller.abort(new Error('changed my mind'))
  await expect(gone).rejects.toThrow('changed my mind')
  giveBack()
  await expect(next).resolves.toBeTypeOf('function')
})
