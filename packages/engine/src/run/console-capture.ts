import { format } from 'node:util'
import { ambient } from '../scope/ambient.ts'

const levels = { trace: 10, debug: 20, log: 30, info: 30, warn: 40, error: 50 } as const
type Method = keyof typeof levels

let users = 0
let originals: Partial<Record<Method, (...args: unknown[]) => void>> = {}

/**
 * While a root run is active, `console.*` called by the code of a flow or task with `logPrints` becomes a log line of that run
 * (of that very task, also with others in parallel). All other calls pass through.
 */
export function captureConsole(): Disposable {
  if (users++ === 0) install()
  return {
    [Symbol.dispose]: () => {
      if (--users === 0) uninstall()
    },
  }
}

function install(): void {
  for (const method of Object.keys(levels) as Method[]) {
    const original = console[method]
    originals[method] = original
    console[method] = (...args: unknown[]) => {
      const frame = ambient()?.frame
      if (!frame?.facts.definition.logPrints) return original.apply(console, args)
      frame.facts.root.telling.log(levels[method], format(...args), null, frame.source)
    }
  }
}

function uninstall(): void {
  Object.assign(console, originals)
  originals = {}
}
