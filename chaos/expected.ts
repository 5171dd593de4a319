/** What a body computes: small, exact, and different for every place in a flow. */
export const mix = (value: number, by: number): number => (value * 31 + by + 7) % 1_000_003

export const total = (values: readonly number[]): number => values.reduce((sum, value) => mix(sum, value), 0)

/** What flows are given. What a kind has no use for is left at 0. */
export interface Work {
  readonly seed: number
  /** How many of what the flow is made of. */
  readonly count: number
  /** How long a body takes, in ms. */
  readonly ms: number
}

export const kinds = [
  'chain',
  'fan',
  'family',
  'tree',
  'flaky',
  'stumbling',
  'handled',
  'sleeper',
  'asker',
  'listener',
  'limited',
  'bulky',
  'blocked',
] as const

export type Kind = (typeof kinds)[number]

/** What a person answers, and what an event carries. */
export const answerFor = (seed: number): number => seed * 3 + 1

const chain = ({ seed, count }: Work): number => {
  let value = seed
  for (let step = 0; step < count; step++) value = mix(value, step)
  return value
}

const fan = ({ seed, count }: Work): number => total(Array.from({ length: count }, (_, item) => mix(seed, item)))

/** What the separate runs of a `tree` are given: the parent waits for each. */
export const branches = ({ seed, count, ms }: Work): readonly Work[] =>
  Array.from({ length: count }, (_, branch) => ({ seed: mix(seed, branch), count: 2 + (branch % 2), ms }))

/** What each run ends with, computed without Sluice. A `blocked` one never does: somebody cancels it. */
export const results: Readonly<Record<Kind, (work: Work) => number | undefined>> = {
  chain,
  fan,
  family: (work) => total(branches(work).map(chain)),
  tree: (work) => total(branches(work).map(chain)),
  flaky: chain,
  stumbling: chain,
  handled: ({ seed, count }) => mix(chain({ seed, count, ms: 0 }), -1),
  sleeper: ({ seed }) => mix(mix(seed, 0), 1),
  asker: ({ seed }) => mix(mix(seed, 0), answerFor(seed)),
  listener: ({ seed }) => mix(mix(seed, 0), answerFor(seed)),
  limited: chain,
  bulky: ({ seed, count }) => mix(seed, count * 1024),
  blocked: () => undefined,
}
