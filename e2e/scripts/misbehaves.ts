import { flow, run, Secret, task } from 'sluice'
import { happen, io } from './effects.ts'

const ways: Readonly<Record<string, () => unknown>> = {
  exit: () => process.exit(7),
  function: () => ({ rows: [1, 2, { parse: () => 1 }] }),
  text: () => {
    throw 'just text'
  },
  nothing: () => {
    throw undefined
  },
  circle: () => {
    const circle: Record<string, unknown> = {}
    return (circle['self'] = circle)
  },
  late: () => {
    setTimeout(() => void Promise.reject(new Error('nobody waits for this')), 5)
    return io(30)
  },
  fine: () => 'fine',
}

const kept = task({ name: 'kept' }, () => happen('kept'))
const misbehave = task({ name: 'misbehave' }, (way: string) => ways[way]?.())
const slow = task({ name: 'slow' }, async (ms: number) => {
  await io(ms)
  happen('slow')
})

/** A script with one mistake in it. */
export const misbehaves = flow({ name: 'misbehaves' }, async ({ way }: { way: string }) => {
  await kept()
  if (way === 'forgets') {
    void slow(30)
    return 'returned early'
  }
  if (way === 'forgets a failure') {
    void misbehave('text')
    return 'returned early'
  }
  if (way === 'never settles') {
    run.signal.addEventListener('abort', () => process.stdout.write('told to stop\n'))
    process.stdout.write('waiting for ever\n')
    return new Promise<string>(() => undefined)
  }
  if (way === 'secret') return new Secret('x').reveal() + run.id
  return misbehave(way)
})

if (import.meta.main) {
  const value = await misbehaves({ way: process.argv[2] ?? 'fine' })
  process.stdout.write(`result ${JSON.stringify(value)}\n`)
}
