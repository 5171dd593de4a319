import { digest, SluiceError } from '@sluice/core'
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

/** Throws `MODEL_INVALID`, `TABLE_NAME_INVALID`. */
export function parseModel(file: string, text: string): Model {
  const said = frontMatter(file, text)
  const name = said.get('name') ?? `${path.basename(path.dirname(file))}.${path.basename(file, '.sql')}`
  requireWritable(name)
  const materialized = said.get('materialized') ?? 'table'
  if (materialized !== 'table' && materialized !== 'view' && materialized !== 'incremental')
    throw invalid(file, `materialized is '${materialized}'; it can be table, view or incremental`)
  const key = (said.get('key') ?? '')
    .split(',')
    .map((column) => column.trim())
    .filter((column) => column !== '')
  const refs = new Set<string>()
  const sql = text.replaceAll(reference, (_all, _q1, quoted: string | undefined, _q2, bare: string | undefined) => {
    const ref = requireRef(file, quoted ?? bare ?? '')
    refs.add(ref)
    return ref
      .split('.')
      .map((part) => `"${part}"`)
      .join('.')
  })
  if (sql.includes('{{')) throw invalid(file, "of {{ … }} it knows only {{ ref('namespace.table') }}")
  const facts = { key, description: said.get('description'), owner: said.get('owner') }
  return { file, name, materialized, ...facts, sql, refs: [...refs], version: digest(text).slice(0, 16) }
}

function frontMatter(file: string, text: string): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const [, name, value] = /^\s*--\s*([a-z_]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined || value === undefined) {
      if (line.trimStart().startsWith('--')) continue
      break
    }
    if (!known.includes(name)) throw invalid(file, `it says '${name}', which is none of ${known.join(', ')}`)
    said.set(name, value)
  }
  return said
}

function requireRef(file: string, ref: string): string {
  if (/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(ref)) return ref
  throw invalid(file, `ref('${ref}') names no table: write namespace.table`)
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
