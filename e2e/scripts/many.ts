import { flow, task } from 'sluice'

const count = Number(process.argv[2] ?? 100)
const small = task({ name: 'small' }, async (n: number) => n)
const chained = task({ name: 'chained' }, async (n: number) => n + 1)

export const many = flow({ name: 'many' }, async () => {
  const values = await small.map(Array.from({ length: count }, (_, i) => i))
  let at = 0
  for (let i = 0; i < count; i++) at = await chained(at)
  return values.length + at
})

if (import.meta.main) process.stdout.write(`result ${await many()}\n`)
