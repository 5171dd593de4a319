import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { getCallSites } from 'node:util'

/** Files of the engine itself are not the place where a flow is defined. */
const here = path.dirname(import.meta.dirname)

/** The file whose code called `flow()` or `task()`; undefined for code that is in no file. */
export function definingFile(): string | undefined {
  for (const site of getCallSites(12)) {
    const script = site.scriptName
    if (!script.startsWith('file:') && !script.startsWith('/')) continue
    const file = script.startsWith('file:') ? fileURLToPath(script) : script
    if (!file.startsWith(here)) return file
  }
  return undefined
}
