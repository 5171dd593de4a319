import {
  clip,
  type ErrorCode,
  isSluiceError,
  maskSecrets,
  parseDuration,
  type RetryPolicy,
  retryPolicy,
  SluiceError,
} from '@sluice/core'
import type { StandardSchema } from '../standard-schema.ts'
import type { CachePart, FlowOptions, Hooks, LimitUse, TaskOptions } from '../types.ts'

type AnyArgs = readonly unknown[]

/** A flow or task with its options checked and filled in once, when it is defined. */
export interface Definition {
  readonly kind: 'flow' | 'task'
  readonly name: string
  readonly description: string | undefined
  readonly version: string | undefined
  readonly tags: readonly string[]
  readonly fn: (...args: AnyArgs) => unknown
  /** Absolute path of the file that defines it; undefined when it is not a file. */
  readonly file: string | undefined
  readonly policy: RetryPolicy
  readonly retryIf: ((error: unknown, attempt: number) => boolean) | undefined
  readonly timeoutMs: number | undefined
  readonly logPrints: boolean
  readonly persist: boolean
  readonly key: ((...args: AnyArgs) => string) | undefined
  readonly runName: ((...args: AnyArgs) => string) | undefined
  readonly cache: CachePolicy | undefined
  readonly concurrency: number | LimitUse | undefined
  readonly onError: 'join' | 'cancel'
  readonly hooks: Hooks
  readonly parameters: StandardSchema | undefined
}

export interface CachePolicy {
  readonly by: readonly CachePart[] | ((...args: AnyArgs) => readonly unknown[])
  readonly key: ((...args: AnyArgs) => string) | undefined
  readonly ttlMs: number | undefined
  readonly refresh: boolean
}

const common = [
  'name',
  'description',
  'version',
  'tags',
  'retries',
  'retryDelay',
  'retryJitter',
  'retryIf',
  'timeout',
  'logPrints',
  'runName',
  'concurrency',
  'onRunning',
  'onCompletion',
  'onFailure',
  'onCancellation',
  'onCrashed',
] as const
const known = {
  task: new Set<string>([...common, 'cache', 'key', 'persist']),
  flow: new Set<string>([...common, 'parameters', 'onError']),
} as const
const cacheOptions = new Set(['by', 'key', 'ttl', 'refresh'])
const cacheParts = new Set(['inputs', 'parameters', 'run'])

const longestRunName = 500
/** Tags are searched for as text: half a surrogate pair and control characters are none. */
const oneLine = /^[^\u0000-\u001f\u007f\ud800-\udfff]*$/u

type Options = TaskOptions & FlowOptions & { readonly parameters?: StandardSchema }

/** Checks options and fills in defaults. Throws `OPTION_UNKNOWN` or `OPTION_INVALID`, naming flow or task and option. */
export function define(
  kind: 'flow' | 'task',
  given: object,
  fn: (...args: never) => unknown,
  file: string | undefined,
): Definition {
  const options = given as Options
  const name = options.name ?? (fn.name || kind)
  const fail = (option: string, problem: string): never => {
    throw new SluiceError('OPTION_INVALID', { option, of: `${kind} ${name}`, problem })
  }
  refuseUnknown(options, known[kind], `${kind} ${name}`)
  if (typeof fn !== 'function') fail('function', 'the last argument must be the function to run')
  if (typeof name !== 'string' || name.trim() === '' || name.length > 200)
    fail('name', 'it must have 1 to 200 characters')
  if (options.cache && options.persist === false) fail('cache', 'what is not persisted cannot be cached')
  if (options.onError !== undefined && options.onError !== 'join' && options.onError !== 'cancel')
    fail('onError', "it must be 'join' or 'cancel'")
  if (options.parameters !== undefined && typeof options.parameters['~standard']?.validate !== 'function')
    fail('parameters', 'it must be a schema of zod, valibot, arktype or any other Standard Schema library')
  if (options.version !== undefined && !isShort(options.version, 200))
    fail('version', 'it must be a string of at most 200 characters')
  if (options.tags !== undefined && !areTags(options.tags))
    fail('tags', 'they must be a list of at most 50 texts, each one line of at most 100 characters')
  for (const option of ['retryIf', 'onRunning', 'onCompletion', 'onFailure', 'onCancellation', 'onCrashed'] as const)
    if (options[option] !== undefined && typeof options[option] !== 'function') fail(option, 'it must be a function')
  return {
    kind,
    name,
    description: options.description,
    version: options.version,
    tags: options.tags ?? [],
    fn: fn as unknown as Definition['fn'],
    file,
    policy: within(kind, name, () => retryPolicy(options)),
    retryIf: options.retryIf,
    timeoutMs:
      options.timeout === undefined ? undefined : within(kind, name, () => parseDuration(options.timeout ?? 0)),
    logPrints: options.logPrints ?? false,
    persist: options.persist ?? true,
    key: textOption(options.key, () => fail('key', 'it must be a string or a function of the arguments')),
    runName: masked(textOption(options.runName, () => fail('runName', 'it must be a string or a function'))),
    cache: options.cache && cachePolicy(options.cache, kind, name, fail),
    concurrency: checkedConcurrency(options.concurrency, fail),
    onError: options.onError ?? 'join',
    hooks: options,
    parameters: options.parameters,
  }
}

/** Throws `OPTION_UNKNOWN`: a misspelt option must not mean "the default". */
export function refuseUnknown(options: object, names: ReadonlySet<string>, where: string): void {
  if (typeof options !== 'object' || options === null)
    throw new SluiceError('OPTION_INVALID', { of: where, problem: 'the options must be an object' })
  for (const option of Object.keys(options)) {
    if (names.has(option)) continue
    throw new SluiceError('OPTION_UNKNOWN', { option, of: where, known: [...names] })
  }
}

function cachePolicy(
  cache: NonNullable<TaskOptions['cache']>,
  kind: string,
  name: string,
  fail: (option: string, problem: string) => never,
): CachePolicy {
  refuseUnknown(cache, cacheOptions, `${kind} ${name}: cache`)
  const by = cache.by ?? (cache.key ? [] : (['inputs'] as const))
  if (typeof by !== 'function' && (!Array.isArray(by) || by.some((part) => !cacheParts.has(part))))
    fail('cache.by', "it must be a list of 'inputs', 'parameters', 'run', or a function of the arguments")
  if (cache.key !== undefined && typeof cache.key !== 'function')
    fail('cache.key', 'it must be a function of the arguments')
  const ttlMs = cache.ttl === undefined ? undefined : within(kind, name, () => parseDuration(cache.ttl ?? 0))
  return { by, key: cache.key, ttlMs, refresh: cache.refresh ?? false }
}

function checkedConcurrency(
  given: number | LimitUse | undefined,
  fail: (option: string, problem: string) => never,
): number | LimitUse | undefined {
  if (typeof given === 'number' && (!Number.isInteger(given) || given < 1))
    fail('concurrency', 'it must be a whole number of at least 1')
  if (typeof given === 'object' && (typeof given.limit !== 'string' || typeof given.size !== 'number'))
    fail('concurrency', 'a named limit needs `limit` and `size`')
  return given
}

function textOption(given: unknown, fail: () => never): ((...args: AnyArgs) => string) | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'string') return () => given
  return typeof given === 'function' ? (given as (...args: AnyArgs) => string) : fail()
}

/** Names are shown and kept as they are, as long as they are names. */
function masked(name: ((...args: AnyArgs) => string) | undefined): typeof name {
  return name && ((...args) => clip(maskSecrets(name(...args)), longestRunName))
}

/** Says in whose options the bad value stands. */
function within<T>(kind: string, name: string, check: () => T): T {
  try {
    return check()
  } catch (cause) {
    if (!isSluiceError(cause)) throw cause
    throw new SluiceError<ErrorCode>(cause.code, { ...cause.details, of: `${kind} ${name}` }, { cause })
  }
}

function areTags(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 50 && value.every((item) => isShort(item, 100) && oneLine.test(item))
}

function isShort(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length <= length
}
