import { type Flow, flow, type Home, type Reporter, startRun, task } from '@sluice/engine'

/** Does nothing: what is measured is the engine around it. */
const noop = task({ name: 'noop' }, async (item: number) => item)

export interface Count {
  readonly count: number
}

/** A flow that runs so many tasks. */
export type CountFlow = Flow<Count, void>

/** One task after the other. */
export const sequential: CountFlow = flow({ name: 'sequential' }, async ({ count }: Count) => {
  for (let item = 0; item < count; item++) await noop(item)
})

/** All tasks at once. */
export const fannedOut: CountFlow = flow({ name: 'fanned-out' }, async ({ count }: Count) => {
  await Promise.all(Array.from({ length: count }, (_, item) => noop(item)))
})

/** All tasks by one `map`, 64 at once. */
export const mapped: CountFlow = flow({ name: 'mapped' }, async ({ count }: Count) => {
  await noop.map(Array.from({ length: count }, (_, item) => item))
})

/** Nothing is printed: a terminal would be measured, too. */
export const silent: Reporter = { event: () => undefined }

/** Runs a flow as a root run in `home`, without a terminal. */
export function runIn(home: Home, of: CountFlow, parameters: Count): PromiseLike<unknown> {
  return startRun(of, parameters, { home, reporter: silent })
}
