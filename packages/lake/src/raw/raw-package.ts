import type { LakeStorage } from '../storage/lake-storage.ts'
import { closedKeyOf, manifestKeyOf } from './raw-keys.ts'
import type { RawMode, RawPart } from './raw-part.ts'

/** One origin of a package. */
export interface PackageEntry {
  readonly part: RawPart
  readonly mode: RawMode
  /** Whether its bytes are in the package; else they are read where they are. */
  readonly sealed: boolean
}

/** All that a load's source gave, written when its parts are there: a load that comes back goes on from it. */
export interface RawPackage {
  readonly table: string
  readonly loadId: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** False: it is needed until the load is over, and no longer. */
  readonly kept: boolean
  /** What the ledger says of the source. */
  readonly text: string
  readonly entries: readonly PackageEntry[]
}

export interface FoundPackage extends RawPackage {
  readonly directory: string
}

/** Packages below a prefix that are whole by their manifests, and that a load may go on from. */
export async function listPackages(storage: LakeStorage, prefix: string): Promise<readonly FoundPackage[]> {
  const directories: string[] = []
  const keys = new Set<string>()
  for await (const { key } of storage.list(prefix)) {
    keys.add(key)
    const end = key.lastIndexOf('/')
    if (key === manifestKeyOf(key.slice(0, end))) directories.push(key.slice(0, end))
  }
  const open = directories.filter((directory) => !keys.has(closedKeyOf(directory)))
  const found = await Promise.all(open.map((directory) => readPackage(storage, directory)))
  return found.flatMap((each) => each ?? [])
}

/** Undefined: it is gone, or cannot be read. */
export async function readPackage(storage: LakeStorage, directory: string): Promise<FoundPackage | undefined> {
  const bytes = await storage.get(manifestKeyOf(directory)).catch(() => undefined)
  try {
    const said = bytes && (JSON.parse(new TextDecoder().decode(bytes)) as RawPackage)
    return said && isWhole(said, directory) ? { ...said, directory } : undefined
  } catch {
    return undefined
  }
}

/** Whoever may write into the lake's storage names no other file by it than those of the package. */
function isWhole({ entries }: RawPackage, directory: string): boolean {
  return entries.every(
    ({ part: { n, key }, sealed }) =>
      Number.isSafeInteger(n) && n >= 0 && (!sealed || key?.startsWith(`${directory}/`) === true),
  )
}

/** What the ledger says of a load's origins. What was sealed and is not to be kept has no place then. */
export function ledgerParts(entries: readonly PackageEntry[]): readonly RawPart[] {
  return entries.flatMap(({ part, mode, sealed }) => {
    if (mode === 'none') return []
    const { key: _, ...reference } = part
    return [sealed && mode === 'reference' ? reference : part]
  })
}
