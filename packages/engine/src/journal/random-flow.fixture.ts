import { run, sleep, task, flow, type AnyFlow } from '../index.ts'

/**
 * A small flow as data. Its outcome follows from the tree alone, whatever the order in which its calls end: so every crash, retry
 * and resume must come to the same one.
 */
export type Plan =
  | {
      readonly kind: 'leaf'
      readonly label: number
      readonly turns: number
      readonly failures: number
      readonly retries: number
      readonly size: number
    }
  | { readonly kind: 'seq' | 'par'; readonly parts: readonly Plan[] }
  | { readonly kind: 'map'; readonly labels: readonly number[] }
  | { readonly kind: 'feed'; readonly parts: readonly Plan[]; readonly label: number }
  | { readonly kind: 'try'; readonly body: Plan; readonly label: number }
  | { readonly kind: 'nest' | 'child'; readonly body: Plan; readonly failures: number; readonly retries: number }
  | { readonly kind: 'sleep' }

/** Told when a body begins; throws when it should not have. */
export interface Witness {
  begins(): void
  /** False once the cause of the failures that nobody catches is gone. */
  broken(): boolean
}

export type Expected = { readonly value: unknown } | 'failed'

/** What the plan comes to. `repaired`: failures outside `try` no longer happen. */
export function expectedOf(plan: Plan, repaired = false, caught = false): Expected {
  const fails = (failures: number, retries: number): boolean => failures > retries && !(repaired && !caught)
  switch (plan.kind) {
    case 'leaf':
      return fails(plan.failures, plan.retries) ? 'failed' : { value: leafValue(plan.label, plan.size) }
    case 'sleep':
      return { value: 'slept' }
    case 'map':
      return { value: plan.labels.map((label) => leafValue(label, 0)) }
    case 'seq':
    case 'par':
    case 'feed': {
      const parts = plan.parts.map((part) => expectedOf(part, repaired, caught))
      if (parts.includes('failed')) return 'failed'
      const values = parts.map((part) => (part as { value: unknown }).value)
      return { value: plan.kind === 'feed' ? [plan.label, values] : values }
    }
    case 'try': {
      const body = expectedOf(plan.body, repaired, true)
      return body === 'failed' ? { value: leafValue(plan.label, 0) } : body
    }
    default:
      return fails(plan.failures, plan.retries) ? 'failed' : expectedOf(plan.body, repaired, caught)
  }
}

/** The plan as a flow. */
export function flowOf(
  plan: Plan,
  witness: Witness,
  options: { readonly retries?: number; readonly failures?: number } = {},
): AnyFlow {
  const { retries = 0, failures = 0 } = options
  return flow({ name: 'random', retries }, async () => {
    const value = await performer(witness)(plan, false)
    if (run.attempt <= failures) throw new Error('the flow failed')
    return value
  })
}

type Perform = (plan: Plan, caught: boolean) => Promise<unknown>

function performer(witness: Witness): Perform {
  const failing = (failures: number, caught: boolean): boolean =>
    run.attempt <= failures && (caught || witness.broken())
  const leaf = task(
    { name: 'leaf' },
    async (label: number, size: number, turns: number, failures: number, caught: boolean) => {
      witness.begins()
      await later(turns)
      if (failing(failures, caught)) throw new Error(`leaf ${label}`)
      return leafValue(label, size)
    },
  )
  const gather = task({ name: 'gather' }, async (label: number, values: readonly unknown[]) => {
    witness.begins()
    await later(1)
    return [label, values]
  })
  const nest = task({ name: 'nest' }, async (plan: Extract<Plan, { kind: 'nest' | 'child' }>, caught: boolean) =>
    scope(plan, caught),
  )
  const child = flow(
    { name: 'child' },
    async (p: { plan: Extract<Plan, { kind: 'nest' | 'child' }>; caught: boolean }) => scope(p.plan, p.caught),
  )
  const scope = async (plan: Extract<Plan, { kind: 'nest' | 'child' }>, caught: boolean): Promise<unknown> => {
    witness.begins()
    const value = await perform(plan.body, caught)
    if (failing(plan.failures, caught)) throw new Error(plan.kind)
    return value
  }
  const start = (plan: Plan, caught: boolean): Promise<unknown> => {
    if (plan.kind === 'leaf')
      return leaf.with({ retries: plan.retries })(plan.label, plan.size, plan.turns, plan.failures, caught)
    if (plan.kind === 'nest') return nest.with({ retries: plan.retries })(plan, caught)
    return plan.kind === 'child' ? child.with({ retries: plan.retries })({ plan, caught }) : perform(plan, caught)
  }
  const perform: Perform = async (plan, caught) => {
    switch (plan.kind) {
      case 'sleep':
        await sleep('1ms')
        return 'slept'
      case 'map':
        return leaf.with({ concurrency: 2 }).map(plan.labels, 0, 1, 0, caught)
      case 'seq': {
        const values: unknown[] = []
        for (const part of plan.parts) values.push(await perform(part, caught))
        return values
      }
      case 'par':
        return Promise.all(plan.parts.map((part) => perform(part, caught)))
      case 'feed':
        return gather(plan.label, await ready(plan.parts.map((part) => start(part, caught))))
      case 'try':
        return perform(plan.body, true).catch(() => leaf(plan.label, 0, 0, 0, true))
      default:
        return start(plan, caught)
    }
  }
  return perform
}

/** Futures stay futures, so that they are inputs; what only a plain promise stands for is awaited. */
async function ready(parts: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const plain = await Promise.all(parts.filter((part) => !('owner' in part)))
  return parts.map((part) => ('owner' in part ? part : plain.shift()))
}

/** More than 64 KiB when `size` says so: kept as a file, loaded when it is delivered. */
function leafValue(label: number, size: number): unknown {
  return size === 0 ? label : { label, filler: 'x'.repeat(size) }
}

/** Lets others go first, for so many turns of the event loop. */
export async function later(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}
