import type { AnyFlow } from '@sluice/engine'
import { openStore } from '@sluice/store'
import { testHome } from '../test-home.ts'
import { CrashingStore } from './crashing-store.ts'
import { goOn } from './enumerate-crashes.ts'

/**
 * Runs a flow in as many processes as it has outcomes: each is killed as soon as its first batch with one is committed, and the next
 * resumes. What a flow keeps in variables between tasks is lost each time, so it shows whether the flow can be resumed anywhere.
 */
export async function resumeAfterEveryTask(
  flow: AnyFlow,
  parameters?: unknown,
  options: { readonly maxEpochs?: number } = {},
): Promise<{ readonly value: unknown; readonly epochs: number }> {
  const store = await openStore(':memory:')
  const home = await testHome({ store })
  try {
    const id = home.settings.platform.newId()
    for (let epochs = 1; epochs <= (options.maxEpochs ?? 10_000); epochs++) {
      const crashing = new CrashingStore(store, 'after the first outcome')
      const outcome = await goOn({ flow, parameters }, { ...home, store: crashing.store }, store, id)
      if (crashing.crashed) continue
      if (outcome.status === 'rejected') throw outcome.reason
      return { value: outcome.value, epochs }
    }
    throw new Error('the run made no end: does it make progress with every journal batch?')
  } finally {
    await home.close()
    await store.close()
  }
}
