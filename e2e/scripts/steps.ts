import { flow, task } from 'sluice'
import { happen, io } from './effects.ts'

/** Named by its effect, so that a test can compare rows and effects. */
const step = task({ name: 'step', runName: (name) => name }, async (name: string) => {
  await io()
  happen(name)
  return name
})

const file = task({ name: 'file', concurrency: 2, runName: (name) => name }, async (name: string) => {
  await io()
  happen(name)
  return name.length
})

const nested = task({ name: 'nested', retries: 1 }, async (month: number) => {
  const first = await step(`nested ${month}`)
  return `${first} and ${await step(`nested ${month} again`)}`
})

const month = flow({ name: 'month' }, async ({ n }: { n: number }) => {
  const [plain, both] = await Promise.all([step(`plain ${n}`), nested(n)])
  const sizes = await file.map([1, 2, 3, 4, 5, 6].map((i) => `file ${n}.${i}`))
  return [plain, both, sizes.reduce((sum, size) => sum + size, 0)]
})

/** About 40 tasks in children, nested tasks and maps. */
export const steps = flow({ name: 'steps' }, async () => {
  const months: unknown[] = []
  for (const n of [1, 2, 3]) months.push(await month({ n }))
  const last = await Promise.all([month({ n: 4 }), step('side')])
  return [...months, ...last]
})

if (import.meta.main) process.stdout.write(`result ${JSON.stringify(await steps())}\n`)
