import { type Duration, parseDuration, SluiceError } from '@sluice/core'
import { durableWait, requireFlowFrame } from '../wait/durable-wait.ts'
import { refuseUnknown } from './definition.ts'
import { timeIsUp } from './wait-timeout.ts'

/** An event that came. */
export interface FlowEvent<P = unknown> {
  readonly id: string
  readonly name: string
  readonly key: string | null
  readonly payload: P
}

/** Events of a name and a key, with what they say: `updated(trips)`. */
export interface EventPattern<P = unknown> {
  readonly event: string
  readonly key?: string
  /** Only a type. */
  readonly payload?: P
}

export interface WaitForOptions<D = never> {
  /** Only events with this key. */
  readonly key?: string
  /** Default: for ever. */
  readonly timeout?: Duration
  /** What it resolves to when no event came in time; without it the wait throws `WAIT_TIMEOUT`. */
  readonly default?: D
}

const known = new Set(['key', 'timeout', 'default'])
const knownOfPattern = new Set(['timeout', 'default'])

/**
 * Waits for the first event of this name (and key) from now on. Which one it was is journaled: a run that is killed and resumed gets
 * the same, and misses none that came meanwhile. Throws `WAIT_TIMEOUT`, and `WAIT_IN_TASK` in a task.
 *
 * @example
 * const { payload } = await waitFor('file.arrived', { key: 'trips', timeout: '6h' })
 */
export function waitFor<D = never>(event: string, options?: WaitForOptions<D>): Promise<FlowEvent | D>
export function waitFor<P, D = never>(
  event: EventPattern<P>,
  options?: Omit<WaitForOptions<D>, 'key'>,
): Promise<FlowEvent<P> | D>
export function waitFor(event: string | EventPattern, options: WaitForOptions<unknown> = {}): Promise<unknown> {
  const came = typeof event === 'object' && event !== null ? waitPattern(event, options) : wait(event, options)
  // One that nobody awaits ends with its attempt, and that is no failure.
  came.catch(() => undefined)
  return came
}

async function waitPattern({ event, key }: EventPattern, options: WaitForOptions<unknown>): Promise<unknown> {
  refuseUnknown(options, knownOfPattern, 'waitFor')
  return wait(event, { ...options, ...(key !== undefined && { key }) })
}

/** What can be emitted: anything else would be waited for in vain. */
const eventName = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/

async function wait(name: string, options: WaitForOptions<unknown>): Promise<unknown> {
  refuseUnknown(options, known, 'waitFor')
  if (typeof name !== 'string' || !eventName.test(name) || name.length > 200)
    throw new SluiceError('OPTION_INVALID', {
      option: 'event',
      of: 'waitFor',
      problem: "it must be words joined by dots, as 'order.paid', of at most 200 characters",
    })
  if (options.key !== undefined && (typeof options.key !== 'string' || options.key.length > 1_000))
    throw new SluiceError('OPTION_INVALID', {
      option: 'key',
      of: 'waitFor',
      problem: 'it must be a string of at most 1000 characters',
    })
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout)
  const here = requireFlowFrame('waitFor')
  const event = { name, key: options.key ?? null }
  const inputs = here.frame.facts.root.canonical([event.name, event.key], 'waitFor')
  return durableWait(
    here,
    { kind: 'event', call: 'waitFor', version: undefined, inputs, name, timeoutMs, match: null, event },
    {
      answered: async (text) => ({ ok: true, value: JSON.parse(text) as FlowEvent }),
      timedOut: () => timeIsUp(name, options),
    },
  )
}
