import { cacheKey, isSluiceError, SluiceError } from '@sluice/core'
import type { CachePolicy, Definition } from '../authoring/definition.ts'
import { cacheVersion, isCacheVersioned } from '../cache-version.ts'
import { runIn } from '../scope/ambient.ts'
import type { Frame } from '../scope/frame.ts'

/** What a call is cached under, and what its code is to find as it was then. */
export interface CachedAs {
  readonly key: string
  readonly pins: ReadonlyMap<string, unknown> | undefined
}

/**
 * The identity of a cached result: workspace, file, task name, version, and what the policy names. Undefined when the inputs
 * cannot be hashed: such a call is not cached. Only a policy that names datasets takes time: a body starts before its call returns.
 */
export function cachedAs(
  definition: Definition,
  policy: CachePolicy,
  args: readonly unknown[],
  frame: Frame,
): CachedAs | undefined | Promise<CachedAs | undefined> {
  const { by } = policy
  return typeof by === 'function'
    ? byVersions(definition, policy, by, args, frame)
    : hashable(() => cachedUnder(definition, policy, args, frame, namedParts(by, args, frame)))
}

function namedParts(
  by: readonly string[],
  args: readonly unknown[],
  { facts: { root, parameters } }: Frame,
): readonly string[] {
  return by.map((part) => {
    if (part === 'inputs') return `inputs:${root.canonical(args, 'args')}`
    return part === 'run' ? `run:${root.id}` : `parameters:${root.canonical(parameters, 'parameters')}`
  })
}

async function byVersions(
  definition: Definition,
  policy: CachePolicy,
  by: (...args: readonly unknown[]) => readonly unknown[],
  args: readonly unknown[],
  frame: Frame,
): Promise<CachedAs | undefined> {
  const named = by(...args)
  if (!Array.isArray(named))
    throw new SluiceError('OPTION_INVALID', {
      option: 'cache.by',
      of: `task ${definition.name}`,
      problem: 'its function must give a list',
    })
  const pins = new Map<string, unknown>()
  const parts: string[] = []
  for (const part of named as readonly unknown[]) {
    if (!isCacheVersioned(part)) {
      const text = hashable(() => frame.facts.root.canonical(part, 'cache.by'))
      if (text === undefined) return undefined
      parts.push(`value:${text}`)
      continue
    }
    // In the name of the flow that calls: where its datasets are.
    const { key, pin } = await runIn(frame, () => part[cacheVersion]())
    parts.push(`version:${key}`)
    if (pin) pins.set(pin.name, pin.value)
  }
  const found = hashable(() => cachedUnder(definition, policy, args, frame, parts))
  return found && { ...found, pins }
}

function cachedUnder(
  definition: Definition,
  policy: CachePolicy,
  args: readonly unknown[],
  { facts: { root } }: Frame,
  parts: readonly string[],
): CachedAs {
  const all = policy.key ? [...parts, `key:${policy.key(...args)}`] : parts
  const key = cacheKey({
    workspace: root.workspace,
    file: root.fileOf(definition),
    task: definition.name,
    version: definition.version,
    inputs: JSON.stringify(all),
  })
  return { key, pins: undefined }
}

function hashable<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (isSluiceError(error, 'INPUT_UNHASHABLE')) return undefined
    throw error
  }
}
