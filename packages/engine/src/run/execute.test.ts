import { SluiceError, stateOf } from '@sluice/core'
import type { NewRun, RunRecord, StoredValue } from '@sluice/store'
import { CrashingStore, testHome } from '@sluice/testing'
import { beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { executeRun, flow, type OpenHome, run as ambientRun, task } from '../index.ts'
import { retriedByHand } from '../call/resumed-attempts.ts'

const calls: string[] = []
const double = task({ name: 'double' }, async (n: number) => {
  calls.push(`double ${n}`)
  return n * 2
})
const parameters = z.object({ n: z.int().default(21), when: z.coerce.date().optional() })
const etl = flow({ name: 'etl', parameters, runName: ({ n }) => `n=${n}` }, async ({ n }) => {
  const doubled = await double(n)
  return (await double(doubled)) + ambientRun.attempt
})

beforeEach(() => {
  calls.length = 0
})

/** A run as a server makes it and a worker claims it: nobody has parsed its parameters. */
async function claimed(home: OpenHome, given: unknown, change: Partial<NewRun> = {}): Promise<RunRecord> {
  const id = home.settings.platform.newId()
  const at = home.settings.platform.now()
  const state = stateOf('Pending', at)
  await home.store.createRun({
    id,
    rootId: id,
    workspace: 'default',
    createdBy: 'a test',
    parentId: null,
    parentTaskId: null,
    key: null,
    flow: 'etl',
    flowVersion: null,
    name: null,
    description: null,
    entrypoint: 'etl.ts:etl',
    parameters: await home.values.encode(given, 'the test'),
    tags: [],
    state,
    timeline: [
      ['Scheduled', at],
      ['Pending', at],
    ],
    attempt: 1,
    result: null,
    error: null,
    unhandled: [],
    upstream: { data: [], after: [] },
    createdAt: at,
    startedAt: null,
    endedAt: null,
    owner: null,
    rerunOf: null,
    ...change,
  })
  return record(home, id)
}

async function record(home: OpenHome, id: string): Promise<RunRecord> {
  const found = await home.store.getRun(id)
  if (!found) throw new Error('no such run')
  return found
}

/** The home's store with some methods replaced. */
function storeWith(home: OpenHome, change: Partial<OpenHome['store']>): OpenHome['store'] {
  return new Proxy(home.store, {
    get: (store, name) => {
      const own: unknown = Reflect.get(change, name) ?? Reflect.get(store, name)
      return typeof own === 'function' ? (own.bind(store) as unknown) : own
    },
  })
}

const names = (of: RunRecord): readonly string[] => of.timeline.map(([name]) => name)

test('a claimed run starts, parses its parameters once and ends Completed', async () => {
  await using home = await testHome()
  const run = await claimed(home, {})
  const end = await executeRun({ home, run, flow: etl }).end
  expect(end).toMatchObject({ kind: 'ended', outcome: { ok: true, value: 85 } })
  const after = await record(home, run.id)
  expect(after.state.name).toBe('Completed')
  expect(names(after)).toEqual(['Scheduled', 'Pending', 'Running', 'Completed'])
  expect(after.name).toBe('n=21')
  expect(await home.values.decode(after.parameters)).toEqual({ n: 21 })
  expect(after.startedAt).not.toBeNull()
})

test('parameters that the schema refuses end the run before its body starts', async () => {
  await using home = await testHome()
  const run = await claimed(home, { n: 'many' })
  const end = await executeRun({ home, run, flow: etl }).end
  expect(end).toMatchObject({ kind: 'ended', outcome: { ok: false } })
  const after = await record(home, run.id)
  expect(after.state.type).toBe('failed')
  expect(after.error?.code).toBe('PARAMETERS_INVALID')
  expect(calls).toEqual([])
})

test('the next owner goes on from the checkpoints with the parameters as they were parsed', async () => {
  await using home = await testHome()
  const run = await claimed(home, { n: 1, when: '2026-01-01' })
  // The first batch has the start of the run and the end of its first task.
  const crashing = new CrashingStore(home.store, { at: 1, mode: 'after' })
  const lost = await executeRun({ home: { ...home, store: crashing.store }, run, flow: etl }).end
  expect(lost.kind).toBe('lost')
  const stopped = await record(home, run.id)
  expect(stopped.startedAt).not.toBeNull()
  const at = home.settings.platform.now()
  const again = await home.store.claimRun({
    id: run.id,
    expectedEpoch: 1,
    owner: { host: 'here', bootId: 'b', pid: 1, pidStart: '1' },
    state: stateOf('Pending', at),
    newAttempt: false,
    drop: [],
  })
  if (!again) throw new Error('nobody else is here')
  const begun = calls.length
  const end = await executeRun({ home, run: again, flow: etl }).end
  expect(end).toMatchObject({ kind: 'ended', outcome: { ok: true, value: 5 } })
  expect(calls.slice(begun)).toEqual(['double 2'])
  const after = await record(home, run.id)
  expect(await home.values.decode(after.parameters)).toEqual({ n: 1, when: new Date('2026-01-01') })
})

test('a store that does not answer while values and checkpoints are kept and read is asked again: nothing fails, nothing is lost', async () => {
  await using home = await testHome()
  const first = await claimed(home, { n: 1 })
  await executeRun({
    home: { ...home, store: new CrashingStore(home.store, { at: 1, mode: 'after' }).store },
    run: first,
    flow: etl,
  }).end
  const owner = { host: 'here', bootId: 'b', pid: 1, pidStart: '1' }
  const state = stateOf('Pending', home.settings.platform.now())
  const run = await home.store.claimRun({ id: first.id, expectedEpoch: 1, owner, state, newAttempt: false, drop: [] })
  if (!run) throw new Error('nobody else is here')
  const away: string[] = []
  const unreliable = <A extends readonly unknown[], R>(what: string, call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      // Every other call gets no answer.
      if (away.push(what) % 2 === 1) throw new SluiceError('STORE_UNAVAILABLE', { location: 'there', reason: what })
      return call(...args)
    }
  }
  const { platform } = home.settings
  const settings = {
    ...home.settings,
    platform: { ...platform, after: (_: number, fn: () => void) => platform.after(0, fn) },
  }
  const values = {
    encode: unreliable('encode', async (value: unknown, what: string) => home.values.encode(value, what)),
    decode: unreliable('decode', async (stored: StoredValue) => home.values.decode(stored)),
  }
  const loadCheckpoints = unreliable('load', async (id: string) => home.store.loadCheckpoints(id))
  const store = { ...home, settings, values, store: storeWith(home, { loadCheckpoints }) }
  const end = await executeRun({ home: store, run, flow: etl }).end
  expect(end).toMatchObject({ kind: 'ended', outcome: { ok: true, value: 5 } })
  expect(new Set(away)).toEqual(new Set(['encode', 'decode', 'load']))
})

test('an owner that was superseded records nothing and says so', async () => {
  await using home = await testHome()
  const run = await claimed(home, { n: 1 })
  await home.store.markCrashed({ id: run.id, expectedEpoch: 1, at: run.createdAt, message: 'taken away' })
  const end = await executeRun({ home, run, flow: etl }).end
  expect(end).toMatchObject({ kind: 'lost', error: { code: 'RUN_FENCED' } })
  expect((await record(home, run.id)).state.name).toBe('Crashed')
})

test('a run that somebody retried says so in its first state', async () => {
  await using home = await testHome()
  const at = home.settings.platform.now()
  const timeline = [
    ['Running', at],
    ['Failed', at],
    ['Scheduled', at, retriedByHand],
    ['Pending', at],
  ] as const
  const run = await claimed(home, { n: 1 }, { attempt: 2, startedAt: at, timeline })
  const end = await executeRun({ home, run, flow: etl }).end
  expect(end).toMatchObject({ kind: 'ended', outcome: { ok: true, value: 6 } })
  expect(names(await record(home, run.id)).slice(-2)).toEqual(['Retrying', 'Completed'])
})
