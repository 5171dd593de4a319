/** What can be asked to drain. */
interface Drainable {
  stop(options?: { readonly now?: boolean }): Promise<void>
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** The first SIGINT or SIGTERM drains, a second one leaves what runs at once. Dispose of it to have the signals as they were. */
export function drainOnSignals(worker: Drainable): Disposable {
  let asked = false
  const onSignal = (): void => {
    void worker.stop({ now: asked })
    asked = true
  }
  for (const signal of signals) process.on(signal, onSignal)
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
