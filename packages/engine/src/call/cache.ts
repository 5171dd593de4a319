import { cacheKey, isSluiceError } from '@sluice/core'
import type { CachePolicy, Definition } from '../authoring/definition.ts'
import type { Frame } from '../scope/frame.ts'

/**
 * The identity of a cached result: workspace, file, task name, version, and what the policy names. Undefined when the inputs
 * cannot be hashed: such a call is not cached.
 */
export function cacheEntryKey(
  definition: Definition,
  policy: CachePolicy,
  args: readonly unknown[],
  frame: Frame,
): string | undefined {
  const { root, parameters } = frame.facts
  try {
    const parts = policy.by.map((part) => {
      if (part === 'inputs') return `inputs:${root.canonical(args, 'args')}`
      return part === 'run' ? `run:${root.id}` : `parameters:${root.canonical(parameters, 'parameters')}`
    })
    if (policy.key) parts.push(`key:${policy.key(...args)}`)
    return cacheKey({
      workspace: root.workspace,
      file: root.fileOf(definition),
      task: definition.name,
      version: definition.version,
      inputs: JSON.stringify(parts),
    })
  } catch (error) {
    if (isSluiceError(error, 'INPUT_UNHASHABLE')) return undefined
    throw error
  }
}
