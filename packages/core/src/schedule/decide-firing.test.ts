import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideFiring, fires, type FiringDecision, type FiringInput, nextFire, parseSchedule } from './index.ts'

const minute = 60_000_000
const hour = 60 * minute
const day = 24 * hour
const midnight = Date.UTC(2026, 5, 1) * 1_000

const hourly = parseSchedule({ cron: '0 * * * *' })
const minutely = parseSchedule({ cron: '* * * * *', timezone: 'Europe/Berlin' })
const everyMinute = parseSchedule({ every: '1m' })

/** The decision, with times as hours after midnight. */
function decideInHours(input: Omit<FiringInput, 'schedule'>): object {
  const decision = decideFiring({ schedule: hourly, ...input })
  return {
    fire: decision.fire.map(({ at, missed }) => `${(at - midnight) / hour}${missed ? ' missed' : ''}`),
    nextAt: ((decision.nextAt ?? Number.NaN) - midnight) / hour,
    skipped: decision.skipped,
    truncated: decision.truncated,
  }
}

describe('an occurrence', () => {
  test('that is not due yet waits', () => {
    const input = { schedule: hourly, nextAt: midnight, now: midnight - 1 }
    expect(decideFiring(input)).toStrictEqual({ fire: [], nextAt: midnight, skipped: 0, truncated: 0 })
  })

  test('that is due fires with the interval since the time before it, and the cursor moves on', () => {
    expect(decideFiring({ schedule: hourly, nextAt: midnight, now: midnight })).toStrictEqual({
      fire: [{ at: midnight, intervalStart: midnight - hour, intervalEnd: midnight, missed: false }],
      nextAt: midnight + hour,
      skipped: 0,
      truncated: 0,
    })
  })

  test('is late but not missed up to the grace, and missed after it', () => {
    const late = { nextAt: midnight, now: midnight + 5 * minute }
    expect(decideInHours(late)).toMatchObject({ fire: ['0'], nextAt: 1, skipped: 0 })
    expect(decideInHours({ ...late, now: late.now + 1 })).toMatchObject({ fire: [], nextAt: 1, skipped: 1 })
    expect(decideInHours({ ...late, misfireGraceMs: 299_999 })).toMatchObject({ fire: [], skipped: 1 })
    expect(decideInHours({ ...late, misfireGraceMs: 0, now: midnight })).toMatchObject({ fire: ['0'] })
  })

  test('is never missed under a grace without an end', () => {
    const now = midnight + 3 * hour
    expect(decideInHours({ nextAt: midnight, now, misfireGraceMs: Number.POSITIVE_INFINITY })).toMatchObject({
      fire: ['0', '1', '2', '3'],
      nextAt: 4,
    })
  })

  test('that was stored before the rules changed fires as it was planned', () => {
    const nextAt = midnight + 20 * minute
    expect(decideFiring({ schedule: hourly, nextAt, now: nextAt })).toMatchObject({
      fire: [{ at: nextAt, intervalStart: midnight, intervalEnd: nextAt }],
      nextAt: midnight + hour,
    })
    expect(decideFiring({ schedule: hourly, nextAt, now: nextAt + 7 * minute, catchUp: 'latest' })).toMatchObject({
      fire: [{ at: nextAt, missed: true }],
    })
  })

  test('that is the last one leaves no cursor', () => {
    const schedule = parseSchedule({ every: '36500d', anchor: '2199-01-01' })
    const nextAt = Date.UTC(2199, 0, 1) * 1_000
    expect(decideFiring({ schedule, nextAt, now: nextAt })).toMatchObject({ fire: [{ at: nextAt }], nextAt: null })
    expect(decideFiring({ schedule, nextAt, now: nextAt + hour })).toStrictEqual({
      fire: [],
      nextAt: null,
      skipped: 1,
      truncated: 0,
    })
  })

  test('that is the first one a number can hold has an interval of no length', () => {
    const nextAt = Number.MIN_SAFE_INTEGER
    const input = { schedule: parseSchedule({ every: '36500d' }), nextAt, misfireGraceMs: 0 }
    const first = { at: nextAt, intervalStart: nextAt, intervalEnd: nextAt }
    expect(decideFiring({ ...input, now: nextAt })).toMatchObject({ fire: [first] })
    expect(decideFiring({ ...input, now: nextAt + hour, catchUp: 'latest' })).toMatchObject({ fire: [first] })
  })
})

describe('after an outage', () => {
  // 00:00, 01:00 and 02:00 are missed; 03:00 is a minute late.
  const outage = { nextAt: midnight, now: midnight + 3 * hour + minute }

  test('catching up none skips what is missed and fires what is late', () => {
    const decided = { fire: ['3'], nextAt: 4, skipped: 3, truncated: 0 }
    expect(decideInHours(outage)).toStrictEqual(decided)
    expect(decideInHours({ ...outage, catchUp: 'none' })).toStrictEqual(decided)
  })

  test('what is as late as the grace allows is not among what is missed', () => {
    const input = { nextAt: midnight, now: midnight + hour + 5 * minute }
    expect(decideInHours(input)).toMatchObject({ fire: ['1'], nextAt: 2, skipped: 1 })
    expect(decideInHours({ ...input, catchUp: 'latest' })).toMatchObject({ fire: ['0 missed', '1'], skipped: 0 })
  })

  test('catching up the latest fires the newest that was missed, and what is late', () => {
    const decided = { fire: ['2 missed', '3'], nextAt: 4, skipped: 2, truncated: 0 }
    expect(decideInHours({ ...outage, catchUp: 'latest' })).toStrictEqual(decided)
  })

  test('catching up all fires everything, oldest first', () => {
    const fire = ['0 missed', '1 missed', '2 missed', '3']
    expect(decideInHours({ ...outage, catchUp: 'all' })).toStrictEqual({ fire, nextAt: 4, skipped: 0, truncated: 0 })
  })

  test('what a limit leaves over stays due', () => {
    expect(decideInHours({ ...outage, catchUp: 'all', limit: 2 })).toMatchObject({
      fire: ['0 missed', '1 missed'],
      nextAt: 2,
      skipped: 0,
    })
    expect(decideInHours({ ...outage, catchUp: 'latest', limit: 1 })).toMatchObject({
      fire: ['2 missed'],
      nextAt: 3,
      skipped: 2,
    })
    expect(decideInHours({ ...outage, catchUp: 'all', limit: 0 })).toMatchObject({ fire: ['0 missed'], nextAt: 1 })
  })

  test('a hundred fire in one decision, or as many as are asked for up to a thousand', () => {
    const year = { schedule: everyMinute, nextAt: midnight, now: midnight + 365 * day, catchUp: 'all' } as const
    const counts = [undefined, 7, 5_000].map((limit) => decideFiring({ ...year, ...(limit && { limit }) }).fire.length)
    expect(counts).toStrictEqual([100, 7, 1_000])
  })

  test.each([
    ['every minute', everyMinute, 3_000],
    ['a cron of every minute', minutely, 1_000],
  ])('of %s all that is caught up is the newest thousand', (_, schedule, truncated) => {
    const now = midnight + 4_000 * minute - 1
    const outageOf4000 = { schedule, nextAt: midnight, now, misfireGraceMs: 0, catchUp: 'all' } as const
    const decisions = decideAll(outageOf4000)
    const fired = decisions.flatMap(({ fire }) => fire.map(({ at }) => at))
    expect(fired).toStrictEqual(fires(schedule, midnight + 2_999.5 * minute, now, 2_000))
    expect(fired).toHaveLength(1_000)
    expect(decisions.map((decision) => decision.truncated)).toStrictEqual([
      truncated,
      ...decisions.slice(1).map(() => 0),
    ])
  })

  test('of exactly a thousand nothing is given up', () => {
    const input = { schedule: everyMinute, nextAt: midnight, misfireGraceMs: 0, catchUp: 'all' } as const
    expect(decideFiring({ ...input, now: midnight + 1_000 * minute - 1 })).toMatchObject({
      fire: [{ at: midnight }, ...Array.from({ length: 99 }, () => ({}))],
      truncated: 0,
    })
    expect(decideFiring({ ...input, now: midnight + 1_001 * minute - 1 })).toMatchObject({ truncated: 1 })
  })

  test('of three years the decision is a jump: the count of a cron ends at a thousand, that of an interval is exact', () => {
    const now = midnight + 3 * 365 * day
    for (const catchUp of ['none', 'latest'] as const) {
      const exact = 3 * 365 * 24 * 60 - 5 - (catchUp === 'latest' ? 1 : 0)
      expect(decideFiring({ schedule: everyMinute, nextAt: midnight, now, catchUp }).skipped).toBe(exact)
      expect(decideFiring({ schedule: minutely, nextAt: midnight, now, catchUp }).skipped).toBe(1_000)
    }
    const daily = parseSchedule({ every: '1d', anchor: '2026-01-01T02:30', timezone: 'Europe/Berlin' })
    const nextAt = Date.parse('2026-03-29T01:00Z') * 1_000
    expect(decideFiring({ schedule: daily, nextAt, now: nextAt + 1_462 * day })).toMatchObject({ skipped: 1_462 })
  })
})

describe('whatever the outage', () => {
  const schedules = [
    hourly,
    minutely,
    everyMinute,
    parseSchedule({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }),
    parseSchedule({ every: '1d', timezone: 'America/New_York' }),
    parseSchedule({ every: '7m' }),
  ]
  const outages = fc.record({
    schedule: fc.constantFrom(...schedules),
    from: fc.integer({ min: 0, max: 200 * 24 * 60 }).map((minutes) => midnight + minutes * minute),
    length: fc.oneof(fc.nat(600), fc.nat(1_400), fc.nat(3_000)).map((minutes) => minutes * minute + 1),
    misfireGraceMs: fc.constantFrom(0, 60_000, 300_000, 3_600_000),
    catchUp: fc.constantFrom('none', 'latest', 'all'),
    limit: fc.constantFrom(1, 10, 100, 1_000),
  })

  test('every occurrence is fired once or given up once, in order, and never the newest', () => {
    fc.assert(
      fc.property(outages, ({ schedule, from, length, ...rules }) => {
        const nextAt = nextFire(schedule, from) ?? Number.NaN
        const now = nextAt + length
        const due = fires(schedule, nextAt - 1, now, Number.POSITIVE_INFINITY)
        const decisions = decideAll({ schedule, nextAt, now, ...rules })
        const fired = decisions.flatMap(({ fire }) => fire)
        const onTime = now - rules.misfireGraceMs * 1_000
        const missed = due.filter((at) => at < onTime)
        const kept = { none: 0, latest: 1, all: 1_000 }[rules.catchUp]
        const expected = [...(kept === 0 ? [] : missed.slice(-kept)), ...due.slice(missed.length)]
        expect(fired.map(({ at }) => at)).toStrictEqual(expected)
        expect(fired.map((firing) => firing.missed)).toStrictEqual(expected.map((at) => at < onTime))
        expect(fired.map(({ intervalEnd }) => intervalEnd)).toStrictEqual(expected)
        for (const { at, intervalStart } of fired.slice(0, 20)) expect(nextFire(schedule, intervalStart)).toBe(at)
        expect(decisions.at(-1)?.nextAt).toBe(nextFire(schedule, now))
        const given = decisions.map(({ skipped, truncated }) => skipped + truncated).reduce((a, b) => a + b, 0)
        const givenUp = due.length - expected.length
        expect(given === givenUp || (given === 1_000 && givenUp >= 1_000)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})

/** Decides until nothing is due. */
function decideAll(input: FiringInput): FiringDecision[] {
  const decisions: FiringDecision[] = []
  let nextAt: number | null = input.nextAt
  while (nextAt !== null && nextAt <= input.now) {
    const decision = decideFiring({ ...input, nextAt })
    decisions.push(decision)
    nextAt = decision.nextAt
  }
  return decisions
}
