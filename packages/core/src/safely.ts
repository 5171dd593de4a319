/** What `read` returns, or undefined when it throws: for values whose getters and traps are not ours. */
export function safely<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
