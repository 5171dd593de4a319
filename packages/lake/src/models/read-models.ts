import { digest, isSluiceError, SluiceError } from '@sluice/core'
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import { requireWritable } from '../table/quarantine-table.ts'

/** One file. */
export interface Model {
  readonly file: string
  /** `namespace.table` */
  readonly name: string
  readonly materialized: 'table' | 'view' | 'incremental'
  readonly key: readonly string[]
  readonly description: string | undefined
  readonly owner: string | undefined
  /** With names in the place of `ref(…)`. */
  readonly sql: string
  /** What it refers to, each once. */
  readonly refs: readonly string[]
  /** Of its text: what a changed file is told by. */
  readonly version: string
}

const known = ['name', 'materialized', 'key', 'description', 'owner']
const reference = /\{\{\s*ref\(\s*(['"])(.*?)\1\s*\)\s*\}\}|\bref\(\s*(['"])(.*?)\3\s*\)/g

/** Reads all files, and gives them in an order in which each comes after those that it refers to. Throws `MODEL_INVALID`. */
export async function readModels(patterns: readonly string[]): Promise<readonly Model[]> {
  const files = new Set<string>()
  for (const pattern of patterns) for await (const file of glob(pattern)) files.add(file)
  if (files.size === 0)
    throw new SluiceError('MODEL_INVALID', { file: patterns.join(', '), problem: 'no file is called so' })
  const all = await Promise.all(
    [...files].toSorted().map(async (file) => parseModel(file, await readFile(file, 'utf8'))),
  )
  const byName = new Map<string, Model>()
  for (const model of all) {
    const other = byName.get(model.name)
    if (other) throw invalid(model.file, `${other.file} has the name ${model.name}, too`)
    byName.set(model.name, model)
  }
  return inOrder(byName)
}

/** Throws `MODEL_INVALID`, with the line where one is wrong. */
export function parseModel(file: string, text: string): Model {
  const said = frontMatter(file, text)
  const name = said.get('name')?.value ?? `${path.basename(path.dirname(file))}.${path.basename(file, '.sql')}`
  requireName(placeIn(file, said.get('name')?.line), name)
  const materialized = said.get('materialized')?.value ?? 'table'
  if (materialized !== 'table' && materialized !== 'view' && materialized !== 'incremental')
    throw invalid(
      placeIn(file, said.get('materialized')?.line),
      `materialized is '${materialized}'; it can be table, view or incremental`,
    )
  const key = (said.get('key')?.value ?? '')
    .split(',')
    .map((column) => column.trim())
    .filter((column) => column !== '')
  const refs = new Set<string>()
  const sql = text.replaceAll(reference, (_all, _q1, quoted?: string, _q2?: string, bare?: string, at = 0) => {
    const ref = requireRef(placeIn(file, lineAt(text, at)), quoted ?? bare ?? '')
    refs.add(ref)
    return ref
      .split('.')
      .map((part) => `"${part}"`)
      .join('.')
  })
  if (sql.includes('{{'))
    throw invalid(
      placeIn(file, lineAt(sql, sql.indexOf('{{'))),
      "of {{ … }} it knows only {{ ref('namespace.table') }}",
    )
  const facts = { key, description: said.get('description')?.value, owner: said.get('owner')?.value }
  return { file, name, materialized, ...facts, sql, refs: [...refs], version: digest(text).slice(0, 16) }
}

interface Said {
  readonly value: string
  readonly line: number
}

function frontMatter(file: string, text: string): ReadonlyMap<string, Said> {
  const said = new Map<string, Said>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [, name, value] = /^\s*--\s*([a-z_]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined || value === undefined) {
      if (line.trimStart().startsWith('--')) continue
      break
    }
    const place = placeIn(file, index + 1)
    if (!known.includes(name)) throw invalid(place, `it says '${name}', which is none of ${known.join(', ')}`)
    if (said.has(name)) throw invalid(place, `it says '${name}' a second time`)
    said.set(name, { value, line: index + 1 })
  }
  return said
}

const placeIn = (file: string, line: number | undefined): string => (line === undefined ? file : `${file}:${line}`)

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length

function requireName(place: string, name: string): void {
  try {
    requireWritable(name)
  } catch (cause) {
    if (!isSluiceError(cause)) throw cause
    const problem =
      typeof cause.details['problem'] === 'string' ? cause.details['problem'] : 'a model is called namespace.table'
    throw invalid(place, `'${name}' is no name for it: ${problem}`)
  }
}

function requireRef(place: string, ref: string): string {
  if (/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(ref)) return ref
  throw invalid(place, `ref('${ref}') names no table: write namespace.table`)
}

/** Each after those that it refers to. */
function inOrder(byName: ReadonlyMap<string, Model>): readonly Model[] {
  const ordered = new Set<Model>()
  const add = (model: Model, way: readonly Model[]): void => {
    if (way.includes(model)) {
      const circle = [...way.slice(way.indexOf(model)), model].map(({ file }) => file).join(' → ')
      throw invalid(model.file, `it refers to itself: ${circle}`)
    }
    for (const ref of model.refs) {
      const other = byName.get(ref)
      if (other && !ordered.has(other)) add(other, [...way, model])
    }
    ordered.add(model)
  }
  for (const model of byName.values()) if (!ordered.has(model)) add(model, [])
  return [...ordered]
}

export const invalid = (file: string, problem: string): SluiceError =>
  new SluiceError('MODEL_INVALID', { file, problem })
