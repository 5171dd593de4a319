import { backoff, flow, run, task } from 'sluice'

const flaky = task(
  { name: 'flaky', retries: 3, retryDelay: backoff({ initial: '10ms', factor: 2, max: '1s' }), retryJitter: 0.2, timeout: '5s', retryIf: (error) => !(error instanceof TypeError) },
  async (value: number) => {
    if (run.attempt < 3) throw new Error('not yet')
    return value
  },
)

export const patient = flow({ name: 'patient' }, async () => flaky(7))

if (import.meta.main) console.log(await patient())
