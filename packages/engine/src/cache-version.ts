/**
 * Under this name a value says of which version it is, wherever it stands in `cache.by`: the engine knows no datasets, and whoever has
 * them need not import it.
 */
export const cacheVersion: unique symbol = Symbol.for('sluice.cacheVersion')

/** What a cached result can depend on beside plain values: a dataset, as it is when the task is called. */
export interface CacheVersioned {
  [cacheVersion](): Promise<CacheVersion>
}

export interface CacheVersion {
  /** Equal texts, equal content. */
  readonly key: string
  /** What the task's code finds under this name (`AttemptContext.pinned`): it reads what the key says. */
  readonly pin?: { readonly name: string; readonly value: unknown }
}

export function isCacheVersioned(value: unknown): value is CacheVersioned {
  return typeof value === 'object' && value !== null && cacheVersion in value
}
