import { existsSync } from 'node:fs'
import { flow, task } from 'sluice'
import { happen, io } from './effects.ts'

const gate = process.env['GATE'] ?? ''

const first = task({ name: 'first' }, () => {
  happen('first')
  return 1
})
/** Waits for a file that the test makes. */
const second = task({ name: 'second' }, async (n: number) => {
  process.stdout.write('second has begun\n')
  while (!existsSync(gate)) await io(5)
  return `${n} by ${process.pid}`
})
const third = task({ name: 'third' }, (text: string) => {
  happen('third')
  return text
})

export const handover = flow({ name: 'handover' }, async () => third(await second(await first())))

if (import.meta.main) process.stdout.write(`result ${await handover()}\n`)
