import { SluiceError } from '@sluice/core'
import type { LakeFound, LakeViewRecord, NewLakeView } from '@sluice/store'
import { requireTableName } from './lake-paths.ts'
import { filesetMark, searchText } from './search-text.ts'

/** What is looked for: all words must be found, in any order, as parts of words. */
export interface SearchQuery {
  readonly text: string
  /** Default 50. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

export interface SearchPage {
  readonly items: readonly SearchHit[]
  readonly next: string | null
}

export interface SearchHit {
  readonly kind: 'table' | 'view' | 'fileset' | 'file'
  /** Of a file that of its fileset. */
  readonly name: string
  /** The file's name in its fileset. */
  readonly file?: string
  /** What is said of it, in lower case: the beginning. */
  readonly about: string
}

export interface LakeView {
  readonly name: string
  /** One SELECT over tables and views of the lake. */
  readonly query: string
  readonly description?: string
  /** Tables and views that its query names, by name. */
  readonly reads: readonly string[]
  readonly createdBy: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly updatedAt: string
}

export interface NewView {
  readonly name: string
  readonly query: string
  readonly description?: string
  /** Tables and views that its query names. */
  readonly reads?: readonly string[]
}

const mostTerms = 20

/** The words of a search. Throws `OPTION_INVALID` when there are none, or too many. */
export function searchTerms(text: string): readonly string[] {
  const terms = [
    ...new Set(
      text
        .toLowerCase()
        .split(/\s+/)
        .filter((term) => term !== ''),
    ),
  ]
  const fail = (problem: string): SluiceError =>
    new SluiceError('OPTION_INVALID', { option: 'text', of: 'search', problem })
  if (terms.length === 0) throw fail('it must hold a word')
  if (terms.length > mostTerms || text.length > 1_000) throw fail(`it must hold at most ${mostTerms} words`)
  return terms
}

export function searchHit({ kind, name, file, searchText: text }: LakeFound): SearchHit {
  const [, , said = ''] = text.split('\n', 3)
  const isFileset = said.startsWith(filesetMark)
  const about = (isFileset ? said.slice(filesetMark.length) : said).trim().slice(0, 200)
  return { kind: isFileset ? 'fileset' : kind, name, ...(file !== '' && { file }), about }
}

export function viewOf({ description, createdAt, updatedAt, ...view }: LakeViewRecord): LakeView {
  const times = { createdAt: isoOf(createdAt), updatedAt: isoOf(updatedAt) }
  return { ...view, ...(description !== null && { description }), ...times }
}

const isoOf = (micros: number): string => new Date(micros / 1000).toISOString()

/** A view as the store is given it. Its query is looked at by whoever makes it. */
export function newLakeView({ name, query, description, reads = [] }: NewView, createdBy: string): NewLakeView {
  const text = searchText(requireTableName(name), [], [description, query])
  return { name, query, description: description ?? null, reads: reads.toSorted(), searchText: text, createdBy }
}
