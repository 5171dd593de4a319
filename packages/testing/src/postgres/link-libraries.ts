import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * Puts the links that a package from npm lacks into `directory`, and returns what `LD_LIBRARY_PATH` must be: without them
 * `libicuuc.so.60` is not found. They go there and not into the package, which may be read-only; its own install script is
 * not needed.
 */
export function linkLibraries(packageRoot: string, directory: string): string {
  const list = join(packageRoot, 'native', 'pg-symlinks.json')
  mkdirSync(directory, { recursive: true })
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as readonly Link[]) : []
  for (const { source, target } of links) symlinkSync(join(packageRoot, source), join(directory, basename(target)))
  // A linked library looks for its own beside its link: those are found in the package.
  return [directory, join(packageRoot, 'native', 'lib')].join(delimiter)
}
