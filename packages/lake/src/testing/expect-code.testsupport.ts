import { expect } from 'vitest'
import { type ErrorCode, isSluiceError } from '@sluice/core'

/** Expects `work` to fail with this code. */
export async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isSluiceError(error)) throw error ?? new Error(`expected ${code}, but it succeeded`)
  expect(error.code).toBe(code)
}
