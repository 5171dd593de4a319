import { SluiceError } from '@sluice/core'
import { statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { contentHash, ContentHashes } from './content-hash.ts'
import { keepCode, keptCode } from './kept-code.ts'

/** Code of one version on this machine. */
export interface CodePlace {
  /** The project's root: entrypoints are relative to it. */
  readonly project: string
  /** The working directory: the source directory itself while it is there, for the files that code reads beside itself. */
  readonly cwd: string
  readonly hash: string
}

export interface WantedCode {
  /** The source directory. */
  readonly directory: string
  readonly file: string
  /** The version's hash; null: whatever is there. */
  readonly pinned: string | null
  readonly flow: string
}

/** Finds the code of pinned versions: in the source directory while it still is that version, else in the copy kept at deploy. */
export class CodePlaces {
  readonly #home: string
  readonly #newId: () => string
  readonly #hashes = new ContentHashes()
  readonly #realDirectories = new RealDirectories()

  constructor(home: string, newId: () => string) {
    this.#home = home
    this.#newId = newId
  }

  /** Throws `FILE_NOT_FOUND` and `VERSION_NOT_HERE`. */
  async find({ directory, file, pinned, flow }: WantedCode): Promise<CodePlace> {
    const real = await this.#realDirectories.of(directory)
    const there = real !== undefined
    const project = real ?? directory
    const hash = there ? await this.#hashes.of(project, file) : undefined
    if (hash !== undefined && (pinned === null || pinned === hash)) return { project, cwd: project, hash }
    const kept = pinned === null ? undefined : await keptCode(this.#home, pinned)
    if (kept !== undefined && pinned !== null) return { project: kept, cwd: there ? project : kept, hash: pinned }
    if (hash === undefined) throw new SluiceError('FILE_NOT_FOUND', { file: path.join(directory, file) })
    throw new SluiceError('VERSION_NOT_HERE', { flow, version: pinned?.slice(0, 12), directory })
  }

  /** The same version in a directory of its own, so that it can be imported beside an older one. */
  async aside(place: CodePlace, file: string): Promise<CodePlace> {
    const content = await contentHash(place.project, file)
    if (content?.hash === place.hash) await keepCode(this.#home, place.project, content, this.#newId)
    const kept = await keptCode(this.#home, place.hash)
    return kept === undefined ? place : { ...place, project: kept }
  }
}

/** Where directories really are, until something else stands under their name: a link that a release moves on, say. */
class RealDirectories {
  readonly #known = new Map<string, { readonly id: string; readonly path: string }>()

  /** Undefined when it is not there. */
  async of(directory: string): Promise<string | undefined> {
    const found = statSync(directory, { bigint: true, throwIfNoEntry: false })
    if (found === undefined) return undefined
    const id = `${found.dev}:${found.ino}`
    const known = this.#known.get(directory)
    if (known?.id === id) return known.path
    const real = await realpath(directory)
    this.#known.set(directory, { id, path: real })
    return real
  }
}
