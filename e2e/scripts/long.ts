import { flow, run, sleep, task } from 'sluice'
import { happen } from './effects.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const quick = task({ name: 'quick' }, (name: string) => happen(name))

/** Ends only when it is told to; `deaf` not even then. */
const long = task({ name: 'long' }, async (deaf: boolean) => {
  say('long has begun')
  await new Promise((_, reject) => {
    run.signal.addEventListener('abort', () => {
      say(`aborted: ${(run.signal.reason as Error).message}`)
      if (!deaf) reject(run.signal.reason as Error)
    })
  })
})

/** What the test asks for: `polite` ends on cancel, `deaf` does not, `cleanup` has something left to do, `stuck` never ends. */
export const waits = flow({ name: 'waits' }, async ({ kind }: { kind: string }) => {
  await quick('before')
  try {
    if (kind === 'sleep') await sleep('1h')
    else await long(kind === 'deaf')
  } finally {
    if (kind === 'cleanup') await run.shield(() => quick('cleaned up'))
    if (kind === 'stuck') {
      say('stuck')
      await new Promise(() => undefined)
    }
  }
  await quick('after')
})

if (import.meta.main) await waits({ kind: process.argv[2] ?? 'polite' })
