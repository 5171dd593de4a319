import { SluiceError } from '@sluice/core'
import { existsSync } from 'node:fs'
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

  constructor(home: string, newId: () => string) {
    this.#home = home
    this.#newId = newId
  }

  /** Throws `FILE_NOT_FOUND` and `VERSION_NOT_HERE`. */
  async find({ directory, file, pinned, flow }: WantedCode): Promise<CodePlace> {
    const there = existsSync(directory)
    const project = there ? await realpath(directory) : directory
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
