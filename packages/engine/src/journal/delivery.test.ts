import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { Delivery } from './delivery.ts'
import { gate } from '../harness.testsuite.ts'

test('of the outcomes that wait, the lowest number goes first, whatever order they came in', async () => {
  const delivery = new Delivery()
  const handed: number[] = []
  const numbers = Array.from({ length: 200 }, (_, n) => (n * 73) % 200)
  for (const seq of numbers) delivery.push(seq, () => void handed.push(seq))
  await settleTurns(210)
  expect(handed).toEqual(numbers.toSorted((a, b) => a - b))
})

test('what comes later with a lower number overtakes what still waits', async () => {
  const delivery = new Delivery()
  const handed: number[] = []
  delivery.push(5, () => {
    handed.push(5)
    delivery.push(1, () => void handed.push(1))
  })
  delivery.push(9, () => void handed.push(9))
  await settleTurns(5)
  expect(handed).toEqual([5, 1, 9])
})

test('every reaction to one outcome runs before the next is handed out', async () => {
  const delivery = new Delivery()
  const order: string[] = []
  for (const seq of [1, 2]) {
    delivery.push(seq, () => {
      order.push(`handed ${seq}`)
      void (async () => {
        for (let i = 0; i < 50; i++) await Promise.resolve()
        order.push(`reacted ${seq}`)
      })()
    })
  }
  await settleTurns(5)
  expect(order).toEqual(['handed 1', 'reacted 1', 'handed 2', 'reacted 2'])
})

test('an outcome that has to be loaded holds the later ones back', async () => {
  const delivery = new Delivery()
  const loaded = gate()
  const handed: number[] = []
  delivery.push(1, () => loaded.promise.then(() => void handed.push(1)))
  delivery.push(2, () => void handed.push(2))
  await settleTurns(5)
  expect(handed).toEqual([])
  loaded.open()
  await settleTurns(5)
  expect(handed).toEqual([1, 2])
})

test('after the stop nothing is handed out any more', async () => {
  const delivery = new Delivery()
  const handed: number[] = []
  delivery.push(1, () => {
    handed.push(1)
    delivery.stop()
  })
  delivery.push(2, () => void handed.push(2))
  await settleTurns(5)
  delivery.push(3, () => void handed.push(3))
  await settleTurns(5)
  expect(handed).toEqual([1])
})
