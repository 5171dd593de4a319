import { digest } from './hash.ts'

/** What makes calls of one scope equal: the inputs are a canonical text, or the text of the `key` option. */
export interface Call {
  readonly name: string
  readonly version: string | undefined
  readonly inputs: string
}

/** One call and its place. */
export interface PlacedCall extends Call {
  /** The full key of the enclosing flow or task call, or {@link rootScope}. */
  readonly scope: string
  /** How many equal calls this attempt of the scope made before, counted after inputs resolved. */
  readonly ordinal: number
}

/** What makes a cached result usable for another call. */
export interface CachedCall {
  readonly workspace: string
  readonly file: string
  readonly task: string
  readonly version: string | undefined
  readonly inputs: string
}

/** The scope key of a root run's body. No checkpoint key looks like it: those have no slash. */
export function rootScope(rootId: string): string {
  return `v1/${rootId}`
}

/**
 * The key under which the outcome of a call is found again on resume. Source code is not in it, so a fixed bug does not
 * lose the checkpoints; neither is a bare call ordinal, which would hand one branch the result of another.
 */
export function checkpointKey(call: PlacedCall): string {
  return digest(unambiguous(['v1', call.scope, call.name, call.version ?? null, call.ordinal], call.inputs))
}

/** What ordinals count within a scope: calls with equal name, version and inputs. */
export function callIdentity(call: Call): string {
  return digest(unambiguous(['call', call.name, call.version ?? null], call.inputs))
}

/** The key of a result in the cache, across runs. */
export function cacheKey(cache: CachedCall): string {
  const { workspace, file, task, version = null } = cache
  return digest(unambiguous(['cache', workspace, file, task, version], cache.inputs))
}

/**
 * One text for parts and inputs that no other parts and inputs have. JSON ends itself, so the inputs, which may be long,
 * follow as they are, unless UTF-8 would change them.
 */
function unambiguous(parts: readonly (string | number | null)[], inputs: string): string {
  return `${JSON.stringify(parts)}${inputs.isWellFormed() ? `=${inputs}` : JSON.stringify(inputs)}`
}
