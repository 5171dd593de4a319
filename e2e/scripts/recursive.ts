import { flow, task, type TaskFuture } from 'sluice'

const down = task({ name: 'down' }, async (n: number): Promise<number> => down(n + 1))
/** Twice as many calls at each level. */
const spread = task({ name: 'spread' }, async (n: number): Promise<number> => {
  const both: TaskFuture<number>[] = [spread(n + 1), spread(n + 1)]
  return (await Promise.all(both)).length
})
const again = flow({ name: 'again' }, async ({ n }: { n: number }): Promise<number> => again({ n: n + 1 }))

export const recursive = flow({ name: 'recursive' }, async ({ kind }: { kind: string }) => {
  if (kind === 'down') return down(0)
  return kind === 'spread' ? spread(0) : again({ n: 0 })
})

if (import.meta.main) await recursive({ kind: process.argv[2] ?? 'down' })
