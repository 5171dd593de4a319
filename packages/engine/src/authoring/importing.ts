import { SluiceError } from '@sluice/core'
import type { Definition } from './definition.ts'

let importing = 0

/** While `fn` imports somebody's file, a flow that the file starts by itself throws `RUN_DURING_IMPORT`. */
export async function whileImporting<T>(fn: () => Promise<T>): Promise<T> {
  importing++
  try {
    return await fn()
  } finally {
    importing--
  }
}

export function isImporting(): boolean {
  return importing > 0
}

export function checkNotImporting(definition: Definition): void {
  if (importing > 0) throw new SluiceError('RUN_DURING_IMPORT', { flow: definition.name, file: definition.file })
}
