import { expectTypeOf } from 'vitest'
import * as z from 'zod'
import {
  type Flow,
  flow,
  type FlowEvent,
  type HookEvent,
  type MapFuture,
  pause,
  type StartedRun,
  type Task,
  task,
  type TaskFuture,
  waitFor,
} from './index.ts'

// Checked by the compiler alone: nothing here runs.

// ── tasks: everything is inferred from the function ───────────────────────────────────────────

const extract = task({ name: 'extract', retries: 3, retryDelay: '10s' }, async (url: string, limit?: number) => [
  { url, limit },
])
const plain = task((n: number) => n + 1)
const nothing = task(() => undefined)
const load = task({ logPrints: true }, async (rows: readonly { url: string }[], table: string) => ({
  rows: rows.length,
  table,
}))
const rest = task((first: string, ...more: number[]) => [first, ...more])
const tuple = task((pair: readonly [string, number]) => pair)
const nested = task((options: { readonly at: Date; readonly list: readonly number[] }) => options.list.length)

expectTypeOf(extract('u')).toEqualTypeOf<TaskFuture<{ url: string; limit: number | undefined }[]>>()
expectTypeOf(extract('u', 5)).resolves.toEqualTypeOf<{ url: string; limit: number | undefined }[]>()
expectTypeOf(plain(1)).toEqualTypeOf<TaskFuture<number>>()
expectTypeOf(nothing()).toEqualTypeOf<TaskFuture<undefined>>()
expectTypeOf(rest('a', 1, 2)).resolves.toEqualTypeOf<(string | number)[]>()
expectTypeOf(plain).toEqualTypeOf<Task<[n: number], number>>()
expectTypeOf(plain.fn).parameters.toEqualTypeOf<[n: number]>()

// Futures go where values go, also inside arrays, tuples and plain objects.
load(extract('u'), 'trips')
load([{ url: 'u' }], 'trips')
plain(plain(1))
tuple(['a', plain(1)])
nested({ at: new Date(0), list: [1, plain(2)] })
nested({ at: new Date(0), list: plain.map([1, 2]) })

// @ts-expect-error a number is not a URL
extract(5)
// @ts-expect-error an argument is missing
extract()
// @ts-expect-error one argument too many
plain(1, 2)
// @ts-expect-error a task without arguments takes none
nothing(1)
// @ts-expect-error a future of the wrong type
plain(extract('u'))
// @ts-expect-error a future of the wrong type, nested
nested({ at: new Date(0), list: [extract('u')] })
// @ts-expect-error a field is missing
nested({ list: [] })
// @ts-expect-error a result is not what it is not
plain(1).then((n: string) => n)
const awaited: number = await plain(1)
// @ts-expect-error a future is not its value
const unawaited: number = plain(1)
// @ts-expect-error tasks are called, not constructed
export const constructed: unknown = new plain(1)

// ── options are checked against the function ──────────────────────────────────────────────────

// @ts-expect-error a misspelt option
task({ name: 'x', retrys: 3 }, () => 1)
// @ts-expect-error an option of flows
task({ onError: 'cancel' }, () => 1)
// @ts-expect-error not a duration
task({ timeout: 'soon' }, () => 1)
// @ts-expect-error not a duration either
task({ retryDelay: ['1s', '5 minutes'] }, () => 1)
// @ts-expect-error a number of retries is a number
task({ retries: '3' }, () => 1)
// @ts-expect-error not a part of the cache's identity
task({ cache: { by: ['outputs'] } }, () => 1)
// @ts-expect-error a misspelt option of the cache
task({ cache: { ttl: '1d', refesh: true } }, () => 1)
// @ts-expect-error a named limit needs its size
task({ concurrency: { limit: 'api' } }, () => 1)

task(
  { cache: { key: (url) => url.slice(1), ttl: '1d' }, key: (url) => url, runName: (url) => url },
  (url: string) => url,
)
// @ts-expect-error the cache key gets the task's arguments
task({ cache: { key: (url: number) => String(url) } }, (url: string) => url)
// @ts-expect-error the cache key is text
task({ cache: { key: (url) => url.length } }, (url: string) => url)
// @ts-expect-error the key gets the task's arguments
task({ key: (a: string, b: string) => a + b }, (a: string) => a)
// @ts-expect-error the run name is text
task({ runName: (n) => n }, (n: number) => n)

task(
  {
    retryIf: (error, attempt) => error instanceof TypeError && attempt < 2,
    onCompletion: (event) => void event.result?.toFixed(),
  },
  (n: number) => n,
)
// @ts-expect-error the hook gets the task's result
task({ onCompletion: (event: HookEvent<string>) => void event }, (n: number) => n)

// ── with, map ─────────────────────────────────────────────────────────────────────────────────

expectTypeOf(extract.with({ retries: 5 })).toEqualTypeOf<typeof extract>()
// @ts-expect-error a misspelt option
extract.with({ retry: 5 })
// @ts-expect-error the cache key gets the task's arguments
plain.with({ cache: { key: (url: string) => url } })

const mapped = extract.map(['a', 'b'], 10)
expectTypeOf(mapped).toEqualTypeOf<MapFuture<{ url: string; limit: number | undefined }[]>>()
expectTypeOf(Array.from(plain.map([1]))).toEqualTypeOf<TaskFuture<number>[]>()
expectTypeOf(await plain.map([1])).toEqualTypeOf<number[]>()
plain.map(new Set([1]))
plain.map([1, plain(2)])
plain.map(plain.map([1]))
load.map([[{ url: 'u' }], extract('u')], 'trips')
// @ts-expect-error items of the wrong type
plain.map(['a'])
// @ts-expect-error a future of items of the wrong type
plain.map(extract('u'))
// @ts-expect-error not iterable
plain.map(5)
// @ts-expect-error a further argument is missing
load.map([[{ url: 'u' }]])
// @ts-expect-error a further argument of the wrong type
load.map([[{ url: 'u' }]], 5)

// ── flows with a schema: input at the call, output in the body ────────────────────────────────

const Months = z.object({
  months: z.array(z.int()),
  color: z.enum(['yellow', 'green']).default('yellow'),
  since: z.iso
    .date()
    .transform((text) => new Date(text))
    .optional(),
})
const ingest = flow({ name: 'ingest', parameters: Months }, async (p) => {
  expectTypeOf(p).toEqualTypeOf<{ months: number[]; color: 'yellow' | 'green'; since?: Date | undefined }>()
  return p.months.length
})
expectTypeOf(ingest({ months: [1] })).toEqualTypeOf<TaskFuture<number>>()
ingest({ months: [1], color: 'green', since: '2026-01-01' })
ingest({ months: plain.map([1, 2]) })
// @ts-expect-error parameters are missing
ingest()
// @ts-expect-error a parameter without a default is missing
ingest({ color: 'green' })
// @ts-expect-error a value that the schema does not have
ingest({ months: [1], color: 'red' })
// @ts-expect-error a parameter that the schema does not have
ingest({ months: [1], colour: 'green' })
// @ts-expect-error the call takes the input of the schema, not its output
ingest({ months: [1], since: new Date(0) })

const allDefaults = flow(
  { parameters: z.object({ n: z.int().default(1), s: z.string().optional() }) },
  ({ n, s }) => `${n.toFixed()}${s ?? ''}`,
)
expectTypeOf(allDefaults()).toEqualTypeOf<TaskFuture<string>>()
allDefaults({})
allDefaults({ n: 2 })
// @ts-expect-error still checked
allDefaults({ n: 'two' })

flow({ parameters: Months, runName: (p) => p.color }, (p) => p.months.length)
// A hook knows the result when the body's parameter has a type: else it would have to be inferred before the body is.
flow(
  { parameters: Months, onCompletion: (event) => void event.result?.toFixed() },
  (p: z.output<typeof Months>) => p.months.length,
)
const ofText = (event: HookEvent<string>): void => void event
// @ts-expect-error the hook gets the flow's result
flow({ parameters: Months, onCompletion: ofText }, (p: z.output<typeof Months>) => p.months.length)
// @ts-expect-error the run name gets the parsed parameters
flow({ parameters: Months, runName: (p) => p.colour }, () => 1)
// @ts-expect-error a schema is a schema
flow({ parameters: { months: 'number[]' } }, () => 1)

// ── flows without a schema, without parameters ────────────────────────────────────────────────

const typed = flow({ name: 'typed' }, async (p: { readonly day: string; readonly force?: boolean }) => p.day)
expectTypeOf(typed).toEqualTypeOf<Flow<{ readonly day: string; readonly force?: boolean }, string>>()
typed({ day: 'monday' })
// @ts-expect-error parameters are missing
typed()
// @ts-expect-error a parameter of the wrong type
typed({ day: 5 })
const optional = flow((p: { readonly force?: boolean }) => p.force)
optional()
optional({ force: true })

const bare = flow({ name: 'bare' }, () => 1)
expectTypeOf(bare()).toEqualTypeOf<TaskFuture<number>>()
// @ts-expect-error a flow without parameters takes none
bare({ n: 1 })
expectTypeOf(flow(() => 'x')()).resolves.toEqualTypeOf<string>()

// @ts-expect-error a misspelt option
flow({ name: 'x', onErrors: 'join' }, () => 1)
// @ts-expect-error an option of tasks
flow({ cache: {} }, () => 1)
// @ts-expect-error flows are not mapped
bare.map([1])
expectTypeOf(ingest.with({ retries: 1 })).toEqualTypeOf<typeof ingest>()

// ── waits, separate runs, deployments ─────────────────────────────────────────────────────────

expectTypeOf(pause({ key: 'k', input: z.object({ at: z.coerce.date() }) })).resolves.toEqualTypeOf<{ at: Date }>()
expectTypeOf(pause({ key: 'k' })).resolves.toEqualTypeOf<unknown>()
expectTypeOf(pause({ key: 'k', input: z.boolean(), timeout: '1h', default: 'later' as const })).resolves.toEqualTypeOf<
  boolean | 'later'
>()
// @ts-expect-error a pause has a key
pause({ input: z.boolean() })
// @ts-expect-error a misspelt option
pause({ key: 'k', timeuot: '1h' })
expectTypeOf(waitFor('came')).resolves.toEqualTypeOf<FlowEvent>()
expectTypeOf(waitFor('came', { key: 'k', timeout: '1h', default: null })).resolves.toEqualTypeOf<FlowEvent | null>()

expectTypeOf(ingest.start({ months: [1] })).toEqualTypeOf<StartedRun<Awaited<ReturnType<typeof ingest>>>>()
expectTypeOf(await ingest.start({ months: [1] }).result()).toEqualTypeOf<Awaited<ReturnType<typeof ingest>>>()
ingest.start({ months: [1] }, { deployment: 'nightly', name: 'by hand', tags: ['x'], priority: 2 })
bare.start()
bare.start(undefined, { name: 'x' })
allDefaults.start()
allDefaults.start({ n: 2 }, { tags: [] })
// @ts-expect-error parameters are missing
ingest.start()
// @ts-expect-error a future is awaited first: its starter is another run
allDefaults.start({ n: plain(1) })
// @ts-expect-error a misspelt option
allDefaults.start({ n: 1 }, { tag: ['x'] })

ingest.deploy({ name: 'nightly', cron: '0 5 * * *', timezone: 'Europe/Berlin', parameters: { months: [1] } })
ingest.deploy({ name: 'often', schedules: [{ every: '15m', parameters: { months: [2] }, catchUp: 'latest' }] })
bare.serve({ name: 'here', every: '1m', limit: 2 })
// @ts-expect-error a deployment has a name
ingest.deploy({ cron: '0 5 * * *' })
// @ts-expect-error a parameter of the wrong type
ingest.deploy({ name: 'x', parameters: { months: 1 } })
// @ts-expect-error not a duration
ingest.deploy({ name: 'x', every: 'daily' })
// @ts-expect-error an option of serve
ingest.deploy({ name: 'x', limit: 1 })

// Recursion needs a type once, as with any function.
const countdown = task((n: number): Promise<number> => (n === 0 ? Promise.resolve(0) : Promise.resolve(again(n - 1))))
const again: (n: number) => Promise<number> = async (n) => countdown(n)

export type Unused = [typeof awaited, typeof unawaited]
