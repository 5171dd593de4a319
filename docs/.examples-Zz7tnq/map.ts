import { flow, task } from 'sluice'

const size = task({ name: 'size', concurrency: 8 }, async (word: string) => word.length)
const sum = task({ name: 'sum' }, (sizes: readonly number[]) => sizes.reduce((a, b) => a + b, 0))

export const total = flow({ name: 'total' }, async ({ words }: { words: string[] }) => sum(size.map(words)))

if (import.meta.main) console.log(await total({ words: ['a', 'bc', 'def'] }))
