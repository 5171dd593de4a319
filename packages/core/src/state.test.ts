import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isTerminal,
  legalTransitions,
  type State,
  type StateName,
  stateOf,
  type StateType,
  transition,
  typeOf,
} from './index.ts'

const names: readonly StateName[] = [
  'Scheduled',
  'Late',
  'AwaitingRetry',
  'AwaitingConcurrencySlot',
  'Resuming',
  'Pending',
  'Submitting',
  'Running',
  'Retrying',
  'Paused',
  'Suspended',
  'Cancelling',
  'Completed',
  'Cached',
  'Skipped',
  'Failed',
  'TimedOut',
  'Crashed',
  'Cancelled',
]
const types = Object.keys(legalTransitions) as StateType[]
const anyState = fc.constantFrom(...names).map((name) => stateOf(name, 1))

describe('a state', () => {
  test('has the type of its name and only the details it was given', () => {
    expect(stateOf('AwaitingRetry', 5)).toStrictEqual({ type: 'scheduled', name: 'AwaitingRetry', at: 5 })
    expect(stateOf('Paused', 5, { message: 'until noon', waitingFor: { kind: 'time', until: 9 } })).toStrictEqual({
      type: 'paused',
      name: 'Paused',
      at: 5,
      message: 'until noon',
      waitingFor: { kind: 'time', until: 9 },
    })
  })

  test('every type has a name, and no name is left without a type', () => {
    expect(new Set(names.map(typeOf))).toStrictEqual(new Set(types))
  })

  test('only completed, failed, crashed and cancelled are ends', () => {
    expect(types.filter(isTerminal)).toStrictEqual(['completed', 'failed', 'crashed', 'cancelled'])
  })
})

describe('a transition', () => {
  test('is allowed exactly when the table says so, and then gives the new state itself', () => {
    fc.assert(
      fc.property(anyState, anyState, (from, to) => {
        if (legalTransitions[from.type].includes(to.type)) expect(transition(from, to)).toBe(to)
        else expect(() => transition(from, to)).toThrow(`A run cannot go from ${from.name} to ${to.name}: `)
      }),
    )
  })

  test('of a whole life keeps every law: what ends stays ended until it runs again, what is cancelling can only end', () => {
    fc.assert(
      fc.property(fc.array(anyState, { maxLength: 30 }), (wishes) => {
        const lived = live(stateOf('Scheduled', 0), wishes)
        for (const [before, after] of pairs(lived)) {
          if (isTerminal(before.type)) expect(['scheduled', 'running']).toContain(after.type)
          if (before.type === 'cancelling') expect(after.type === 'cancelling' || isTerminal(after.type)).toBe(true)
        }
      }),
    )
  })

  test('from every state the run can still end, and from every end it can run again', () => {
    for (const type of types) {
      expect(legalTransitions[type].some((next) => (isTerminal(type) ? next === 'running' : isTerminal(next)))).toBe(
        true,
      )
    }
  })

  test.each([
    ['Running', 'AwaitingRetry'],
    ['Running', 'Retrying'],
    ['Pending', 'Cached'],
    ['Scheduled', 'Skipped'],
    ['Cancelling', 'Completed'],
    ['Cancelling', 'Failed'],
    ['Crashed', 'Running'],
    ['Failed', 'Retrying'],
    ['Cancelled', 'Scheduled'],
  ] satisfies [StateName, StateName][])('%s may become %s', (from, to) => {
    expect(transition(stateOf(from, 2), stateOf(to, 1)).name).toBe(to)
  })

  test.each([
    ['Completed', 'Failed', 'a run that ended as completed goes on only by a retry or a resume'],
    ['Cancelling', 'Running', 'a run that is being cancelled can only end'],
    ['Paused', 'Completed', 'a paused run must run again before it is completed'],
  ] satisfies [StateName, StateName, string][])('%s cannot become %s, and the error says why', (from, to, reason) => {
    expect(() => transition(stateOf(from, 1), stateOf(to, 2))).toThrow(
      expect.objectContaining({ code: 'ILLEGAL_TRANSITION', details: { from, to, reason } }),
    )
  })
})

/** The states a run goes through when every wish that is illegal is refused. */
function live(first: State, wishes: readonly State[]): State[] {
  const lived = [first]
  let last = first
  for (const wish of wishes) {
    if (!legalTransitions[last.type].includes(wish.type)) continue
    lived.push(wish)
    last = wish
  }
  return lived
}

function pairs(states: readonly State[]): [State, State][] {
  return states.slice(1).map((after, index) => [states[index] ?? after, after])
}
