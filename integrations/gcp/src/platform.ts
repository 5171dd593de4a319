/** Calls once after so many milliseconds, unless the answer is called before. It keeps no process alive. */
export function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms)
  timer.unref()
  return () => clearTimeout(timer)
}
