import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { type ClosureFile, fileStamp, importClosure } from './import-closure.ts'

/** The code of an entrypoint: its hash is the version that runs are pinned to. */
export interface Content {
  readonly hash: string
  readonly files: readonly ClosureFile[]
}

/**
 * sha-256 over an entrypoint's file and its local imports: relative paths and contents, in the order of the paths. Neither the place
 * of the project nor the time of a file is in it, so the same commit is the same version on every machine. Throws nothing for
 * files that are not there: undefined then.
 */
export async function contentHash(project: string, file: string): Promise<Content | undefined> {
  const files = await importClosure(path.resolve(project, file))
  if (files.length === 0) return undefined
  const root = await realpath(project)
  const hash = createHash('sha256')
  for (const each of files) {
    const digest = createHash('sha256').update(each.content).digest('hex')
    hash.update(`${path.relative(root, each.path)}\0${digest}\n`)
  }
  return { hash: hash.digest('hex'), files }
}

/** Remembers hashes until one of their files has another time, size or inode. */
export class ContentHashes {
  readonly #known = new Map<string, { readonly hash: string; readonly stamps: ReadonlyMap<string, string> }>()

  async of(project: string, file: string): Promise<string | undefined> {
    const key = `${project}\0${file}`
    const known = this.#known.get(key)
    if (known && isUnchanged(known.stamps)) return known.hash
    const content = await contentHash(project, file)
    if (!content) {
      this.#known.delete(key)
      return undefined
    }
    this.#known.set(key, {
      hash: content.hash,
      stamps: new Map(content.files.map((each) => [each.path, each.stamp])),
    })
    return content.hash
  }
}

/** Asked before every run: a synchronous stat takes microseconds, an asynchronous one a turn of the thread pool. */
function isUnchanged(stamps: ReadonlyMap<string, string>): boolean {
  for (const [file, stamp] of stamps) if (fileStamp(file) !== stamp) return false
  return true
}
