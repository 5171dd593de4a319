import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * Puts the links that a package from npm lacks into `directory`, for `LD_LIBRARY_PATH`: without them `libicuuc.so.60` is not
 * found. They go there and not into the package, which may be read-only; its own install script is not needed.
 */
export function linkLibraries(packageRoot: string, directory: string): void {
  const list = join(packageRoot, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  mkdirSync(directory, { recursive: true })
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as readonly Link[]) {
    symlinkSync(join(packageRoot, source), join(directory, basename(target)))
  }
}
