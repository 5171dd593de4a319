import { isSluiceError, SluiceError } from '@sluice/core'
import type { Call } from './call.ts'

/** Testing mode: a task that changes what it was given would give another result after a resume. */
export function checkingInputs(call: Call, args: readonly unknown[], body: () => unknown): unknown {
  const before = call.root.settings.checkInputs ? textOf(call, args) : undefined
  if (before === undefined) return body()
  return (async () => {
    const value = await body()
    if (textOf(call, args) !== before) throw new SluiceError('INPUT_MUTATED', { task: call.definition.name })
    return value
  })()
}

/** Undefined for what cannot be hashed. */
function textOf(call: Call, args: readonly unknown[]): string | undefined {
  try {
    return call.root.canonical(args, 'args')
  } catch (error) {
    if (isSluiceError(error, 'INPUT_UNHASHABLE')) return undefined
    throw error
  }
}
