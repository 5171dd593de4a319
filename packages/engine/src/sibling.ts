import { fileURLToPath } from 'node:url'

/** A module that another process or thread begins with, as this room is: from its sources, or built. */
export function sibling(name: string, base: string): { readonly file: string; readonly nodeArgs: readonly string[] } {
  const fromSource = base.endsWith('.ts')
  const file = fileURLToPath(new URL(`${name}.${fromSource ? 'ts' : 'js'}`, base))
  // From sources everything is from sources: two copies of the engine would not know each other's flows.
  return { file, nodeArgs: fromSource ? ['--conditions=source'] : [] }
}
