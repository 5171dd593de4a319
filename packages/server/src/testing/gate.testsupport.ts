/** A promise that the test resolves. */
export interface Gate<T = void> {
  readonly passed: Promise<T>
  open(value: T): void
  fail(error: unknown): void
}

export function gate<T = void>(): Gate<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  return { passed: promise, open: resolve, fail: reject }
}
