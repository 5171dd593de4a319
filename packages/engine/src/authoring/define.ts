import { SluiceError } from '@sluice/core'
import { ambient, requireAmbient } from '../scope/ambient.ts'
import { startCall } from '../call/call.ts'
import { define, type Definition } from './definition.ts'
import { definingFile } from './entrypoint.ts'
import { startMap } from '../call/map.ts'
import { register } from './registry.ts'
import { deployFlow, serveFlow } from './deploying.ts'
import type { StandardSchema } from '../standard-schema.ts'
import { startSeparately } from './starting.ts'
import { startScriptRun } from '../run/start.ts'
import type {
  DeployOptions,
  Flow,
  FlowArgs,
  FlowOptions,
  FlowStartOptions,
  FlowWithSchema,
  MaybePromise,
  ServeOptions,
  Task,
  TaskFuture,
  TaskOptions,
} from '../types.ts'

/**
 * Makes a task of a function: a step whose calls are recorded, retried, cached and resumed.
 *
 * @example
 * const extract = task({ name: 'extract', retries: 3, retryDelay: '10s' }, async (url: string) => (await fetch(url)).text())
 */
export function task<A extends readonly unknown[], R>(fn: (...args: A) => MaybePromise<R>): Task<A, R>
export function task<A extends readonly unknown[], R>(
  options: NoInfer<TaskOptions<A, R>>,
  fn: (...args: A) => MaybePromise<R>,
): Task<A, R>
export function task<A extends readonly unknown[], R>(
  first: TaskOptions<A, R> | ((...args: A) => MaybePromise<R>),
  second?: (...args: A) => MaybePromise<R>,
): Task<A, R> {
  const [options, fn] = splitArguments<TaskOptions<A, R>, (...args: A) => MaybePromise<R>>('task', first, second)
  return makeTask(options, fn, definingFile())
}

/**
 * Makes a flow of a function: a run with parameters, made of tasks and other flows. Called in a script it starts a root run,
 * called in a flow a child run.
 *
 * @example
 * export const ingest = flow({ name: 'ingest', parameters: z.object({ month: z.int() }) }, async ({ month }) => load(extract(urlOf(month))))
 */
export function flow<S extends StandardSchema, R>(
  options: NoInfer<FlowOptions<SchemaOutput<S>, R>> & { readonly parameters: S },
  fn: (parameters: SchemaOutput<S>) => MaybePromise<R>,
): FlowWithSchema<S, R>
export function flow<P = void, R = unknown>(
  options: NoInfer<FlowOptions<P, R>> & { readonly parameters?: never },
  fn: (parameters: P) => MaybePromise<R>,
): Flow<P, R>
export function flow<P = void, R = unknown>(fn: (parameters: P) => MaybePromise<R>): Flow<P, R>
export function flow<P, R>(
  first: FlowOptions<P, R> | ((parameters: P) => MaybePromise<R>),
  second?: (parameters: P) => MaybePromise<R>,
): Flow<P, R> {
  const [options, fn] = splitArguments<FlowOptions<P, R>, (parameters: P) => MaybePromise<R>>('flow', first, second)
  return makeFlow(options, fn, definingFile())
}

type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

function splitArguments<O extends object, F>(kind: string, first: O | F, second: F | undefined): [O, F] {
  if (typeof first === 'function') return [{} as O, first]
  if (typeof second !== 'function')
    throw new SluiceError('OPTION_INVALID', {
      option: 'function',
      of: kind,
      problem: 'the last argument must be the function to run',
    })
  if (typeof first !== 'object' || first === null)
    throw new SluiceError('OPTION_INVALID', { of: kind, problem: 'the options must be an object' })
  return [first as O, second]
}

function makeTask<A extends readonly unknown[], R>(
  options: TaskOptions<A, R>,
  fn: (...args: A) => MaybePromise<R>,
  file: string | undefined,
): Task<A, R> {
  const definition = define('task', options, fn, file)
  const call = (...args: readonly unknown[]): TaskFuture<R> =>
    startCall(definition, args, requireAmbient(`task '${definition.name}'`)) as TaskFuture<R>
  return finish(call, definition, {
    fn,
    options,
    map: (items: Iterable<unknown> | TaskFuture<readonly unknown[]>, ...rest: readonly unknown[]) =>
      startMap(definition, items, rest, requireAmbient(`${definition.name}.map`)),
    with: (changed: TaskOptions<A, R>) => makeTask({ name: definition.name, ...options, ...changed }, fn, file),
  }) as unknown as Task<A, R>
}

function makeFlow<P, R>(
  options: FlowOptions<P, R> & { readonly parameters?: StandardSchema },
  fn: (parameters: P) => MaybePromise<R>,
  file: string | undefined,
): Flow<P, R> {
  const definition = define('flow', options, fn, file)
  const call = (...args: FlowArgs<P>): TaskFuture<R> => {
    const here = ambient()
    return (here ? startCall(definition, args, here) : startScriptRun(definition, args[0])) as TaskFuture<R>
  }
  return finish(call, definition, {
    fn,
    options,
    parameters: options.parameters,
    start: (parameters?: unknown, how?: FlowStartOptions) => startSeparately(definition, parameters, how),
    deploy: (how: DeployOptions) => deployFlow(call, definition, how),
    serve: (how: ServeOptions) => serveFlow(call, definition, how),
    with: (changed: FlowOptions<P, R>) => makeFlow({ name: definition.name, ...options, ...changed }, fn, file),
  }) as unknown as Flow<P, R>
}

/** A callable with the members of a task or flow. */
function finish(call: object, definition: Definition, members: object): object {
  Object.defineProperty(call, 'name', { value: definition.name, configurable: true })
  Object.assign(call, members)
  register(call, definition)
  return call
}
