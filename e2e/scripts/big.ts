import { flow, task } from 'sluice'
import { happen } from './effects.ts'

const million = 1_000_000

/** 100 MB of text. */
const make = task({ name: 'make' }, async (size: number) => {
  happen('make')
  return 'abcdefghi\n'.repeat(size / 10)
})
const measure = task({ name: 'measure' }, async (text: string) => {
  happen('measure')
  return text.length
})
const die = task({ name: 'die' }, async () => {
  if (process.env['DIE'] === '1') process.kill(process.pid, 'SIGKILL')
})

export const big = flow({ name: 'big' }, async () => {
  const text = make(Number(process.env['SIZE'] ?? 100 * million))
  const length = await measure(text)
  await die()
  return { length, again: (await text).slice(-10) }
})

if (import.meta.main) {
  process.stdout.write(`result ${JSON.stringify(await big())}\n`)
  process.stdout.write(`peak ${Math.round(process.resourceUsage().maxRSS / 1024)}\n`)
}
