import { SluiceError } from './errors.ts'
import type { Micros } from './time.ts'

/** What a state means to the machine: logic looks at the type only. */
export type StateType =
  | 'scheduled'
  | 'pending'
  | 'running'
  | 'paused'
  | 'cancelling'
  | 'completed'
  | 'failed'
  | 'crashed'
  | 'cancelled'

/** What a state is called: for people. Each name belongs to one type. */
export type StateName =
  | 'Scheduled'
  | 'Late'
  | 'AwaitingRetry'
  | 'AwaitingConcurrencySlot'
  | 'Resuming'
  | 'Pending'
  | 'Submitting'
  | 'Running'
  | 'Retrying'
  | 'Paused'
  | 'Suspended'
  | 'Cancelling'
  | 'Completed'
  | 'Cached'
  | 'Skipped'
  | 'Failed'
  | 'TimedOut'
  | 'Crashed'
  | 'Cancelled'

/** Why a run is not running right now, for machines: every waiting state carries one. */
export type WaitingFor =
  | { readonly kind: 'time'; readonly until: Micros }
  | { readonly kind: 'limit'; readonly limit: string }
  | { readonly kind: 'inputs' }
  | { readonly kind: 'store' }
  | { readonly kind: 'input'; readonly key: string }
  | { readonly kind: 'event'; readonly event: string }
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'worker'; readonly pool: string }

/** One state of a flow run or task run. A value: never changed, only followed by another. */
export interface State {
  readonly type: StateType
  readonly name: StateName
  readonly at: Micros
  readonly message?: string
  readonly waitingFor?: WaitingFor
}

/** What a state may carry beside name and time. */
export interface StateDetails {
  readonly message?: string
  readonly waitingFor?: WaitingFor
}

const types: Readonly<Record<StateName, StateType>> = {
  Scheduled: 'scheduled',
  Late: 'scheduled',
  AwaitingRetry: 'scheduled',
  AwaitingConcurrencySlot: 'scheduled',
  Resuming: 'scheduled',
  Pending: 'pending',
  Submitting: 'pending',
  Running: 'running',
  Retrying: 'running',
  Paused: 'paused',
  Suspended: 'paused',
  Cancelling: 'cancelling',
  Completed: 'completed',
  Cached: 'completed',
  Skipped: 'completed',
  Failed: 'failed',
  TimedOut: 'failed',
  Crashed: 'crashed',
  Cancelled: 'cancelled',
}

const ends: readonly StateType[] = ['completed', 'failed', 'crashed', 'cancelled']
const again: readonly StateType[] = ['scheduled', 'running']

/**
 * Which type may follow which. A type may follow itself where its names tell progress (Scheduled → Late,
 * Running → Retrying). Before it runs, a run can already end: served from a cache, skipped, failed inputs, lost process.
 * Once cancelling it can only end, in whatever way the work ended before it noticed. An ended run goes on only by a
 * retry or a resume.
 */
export const legalTransitions: Readonly<Record<StateType, readonly StateType[]>> = {
  scheduled: ['scheduled', 'pending', 'running', 'paused', 'cancelling', ...ends],
  pending: ['scheduled', 'pending', 'running', 'paused', 'cancelling', ...ends],
  running: ['scheduled', 'pending', 'running', 'paused', 'cancelling', ...ends],
  paused: ['scheduled', 'pending', 'running', 'paused', 'cancelling', 'failed', 'crashed', 'cancelled'],
  cancelling: ['cancelling', ...ends],
  completed: again,
  failed: again,
  crashed: again,
  cancelled: again,
}

/** Every state type. */
export const stateTypes: readonly StateType[] = Object.keys(legalTransitions) as StateType[]

/** A state by its name; the type follows from it. Details that are left out are absent, not undefined. */
export function stateOf(name: StateName, at: Micros, more: StateDetails = {}): State {
  return {
    type: types[name],
    name,
    at,
    ...(more.message === undefined ? {} : { message: more.message }),
    ...(more.waitingFor === undefined ? {} : { waitingFor: more.waitingFor }),
  }
}

/** The type that a state's name belongs to. */
export function typeOf(name: StateName): StateType {
  return types[name]
}

/** Whether a run of this type has ended: only a retry or a resume takes it further. */
export function isTerminal(type: StateType): boolean {
  return ends.includes(type)
}

/**
 * The state a run goes to: `to` itself, when it may follow `from`. Times are not compared, because clocks jump.
 *
 * @throws SluiceError `ILLEGAL_TRANSITION` with `{ from, to, reason }` otherwise.
 */
export function transition(from: State, to: State): State {
  if (legalTransitions[from.type].includes(to.type)) return to
  throw new SluiceError('ILLEGAL_TRANSITION', { from: from.name, to: to.name, reason: whyIllegal(from.type, to.type) })
}

function whyIllegal(from: StateType, to: StateType): string {
  if (isTerminal(from)) return `a run that ended as ${from} goes on only by a retry or a resume`
  if (from === 'cancelling') return 'a run that is being cancelled can only end'
  return `a ${from} run must run again before it is ${to}`
}
