import { type BlockJson, type BlockKindJson, maskedSecret } from '@sluice/api'
import { type Json, nearest, SluiceError } from '@sluice/core'
import type { OpenHome } from '@sluice/engine'
import { type BlockRecord, iso } from '@sluice/store'
import { columnObject } from '../json/stored-json.ts'
import { blockKinds } from './block-kinds.ts'

type Fields = Readonly<Record<string, Json>>
type Secrets = Pick<OpenHome, 'secrets'>

/** The fields of a block apart: what may be seen, and what is sealed. */
export interface SplitFields {
  readonly fields: string
  readonly secrets: string | null
}

/**
 * Checks the fields against the kind and seals what is secret. A secret given as asterisks keeps the value of `before`. Throws
 * `BLOCK_INVALID` with an issue per field.
 */
export function splitFields(
  home: Secrets,
  kindName: string,
  given: Fields,
  before: BlockRecord | undefined,
): SplitFields {
  const kind = blockKinds.find((each) => each.kind === kindName)
  if (kind === undefined) throw unknownKind(kindName)
  const old = before === undefined ? {} : openSecrets(home, before)
  const secretNames = new Set(kind.fields.filter(({ secret }) => secret).map(({ name }) => name))
  const kept = Object.entries(given).flatMap(([name, value]) => {
    if (!secretNames.has(name) || value !== maskedSecret) return [[name, value] as const]
    const was = old[name]
    return was === undefined ? [] : [[name, was] as const]
  })
  const issues = [...unknownFields(kind, given), ...wrongFields(kind, new Map(kept))]
  if (issues.length > 0) throw new SluiceError('BLOCK_INVALID', { block: kindName, issues })
  const secrets = Object.fromEntries(kept.filter(([name]) => secretNames.has(name)))
  const fields = Object.fromEntries(kept.filter(([name]) => !secretNames.has(name)))
  const sealed = Object.keys(secrets).length === 0 ? null : home.secrets.seal(JSON.stringify(secrets))
  return { fields: JSON.stringify(fields), secrets: sealed }
}

/** All fields with their values: for a run that may have them. Throws `SECRET_UNREADABLE`, `SECRET_KEY_MISSING`. */
export function openFields(home: Secrets, block: BlockRecord): Record<string, Json> {
  return { ...columnObject(block.fields), ...openSecrets(home, block) }
}

/** A block as it may be seen. The names of its secrets are its kind's. */
export function blockJson(home: Secrets, block: BlockRecord): BlockJson {
  const { id, kind, name } = block
  return {
    id,
    kind,
    name,
    fields: columnObject(block.fields) ?? {},
    secrets: Object.fromEntries(secretNamesOf(home, block).map((secret) => [secret, maskedSecret] as const)),
    createdAt: iso(block.createdAt),
    updatedAt: iso(block.updatedAt),
  }
}

/** Under another key nobody can tell which are set: then all that its kind has. */
function secretNamesOf(home: Secrets, block: BlockRecord): string[] {
  if (block.secrets === null) return []
  try {
    return Object.keys(openSecrets(home, block))
  } catch {
    const kind = blockKinds.find((each) => each.kind === block.kind)
    return kind?.fields.filter(({ secret }) => secret).map(({ name }) => name) ?? []
  }
}

function openSecrets(home: Secrets, block: BlockRecord): Fields {
  return block.secrets === null ? {} : (JSON.parse(home.secrets.open(block.secrets)) as Fields)
}

function unknownKind(kind: string): SluiceError {
  const near = nearest(
    kind,
    blockKinds.map((each) => each.kind),
  )
  const hint = near === undefined ? '' : ` (did you mean '${near}'?)`
  return new SluiceError('BLOCK_INVALID', { block: kind, problem: `there is no kind '${kind}'${hint}` })
}

interface Issue {
  readonly path: string
  readonly message: string
}

function unknownFields(kind: BlockKindJson, given: Fields): readonly Issue[] {
  const known = kind.fields.map(({ name }) => name)
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: name, message: `is not known; there are ${known.join(', ')}` }))
}

function wrongFields(kind: BlockKindJson, given: ReadonlyMap<string, Json>): readonly Issue[] {
  return kind.fields.flatMap(({ name, type, required }) => {
    const value = given.get(name)
    if (value === undefined) return required ? [{ path: name, message: 'is required' }] : []
    return typeof value === type ? [] : [{ path: name, message: `expected a ${type}` }]
  })
}
