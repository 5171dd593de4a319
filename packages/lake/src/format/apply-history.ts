import { commitConflict, commitInvalid } from './commit-errors.ts'
import { type TableDraft, withMetadata } from './table-draft.ts'
import type { Snapshot, SnapshotRef, TableMetadata } from './table-metadata.ts'

/**
 * Adds a snapshot, which no ref points at yet. Its time is kept within that of the previous commit and now: time travel goes
 * by an order that clocks of several machines do not have.
 */
export function addSnapshot(draft: TableDraft, snapshot: Snapshot): TableDraft {
  const { metadata, now } = draft
  const { 'snapshot-id': id, 'parent-snapshot-id': parent, 'sequence-number': number } = snapshot
  const last = metadata['last-sequence-number']
  if (id < 1n || id >= 1n << 63n) throw commitInvalid(`${id} cannot be the id of a snapshot`)
  if (hasSnapshot(metadata, id)) throw commitInvalid(`the snapshot ${id} is there already`)
  if (parent !== undefined && !hasSnapshot(metadata, parent)) throw commitConflict(`the snapshot ${parent} is gone`)
  if (number <= last) throw commitConflict(`the sequence number ${number} is taken, the last one is ${last}`)
  if (number > last + 1) throw commitInvalid(`the sequence number ${number} does not follow ${last}`)
  const schemaId = snapshot['schema-id']
  if (schemaId !== undefined && !metadata.schemas.some((schema) => schema['schema-id'] === schemaId)) {
    throw commitInvalid(`the snapshot ${id} names the schema ${schemaId}, which is not there`)
  }
  const at = Math.min(Math.max(snapshot['timestamp-ms'], metadata['last-updated-ms']), now)
  return withMetadata(draft, {
    'last-sequence-number': number,
    'last-updated-ms': at,
    snapshots: [...(metadata.snapshots ?? []), { ...snapshot, 'timestamp-ms': at }],
  })
}

/** Lets a branch or tag point at a snapshot. The branch `main` is what the table currently is. */
export function setRef(draft: TableDraft, name: string, ref: SnapshotRef): TableDraft {
  const { metadata } = draft
  const id = ref['snapshot-id']
  const old = refOf(metadata, name)
  const snapshot = metadata.snapshots?.find((one) => one['snapshot-id'] === id)
  if (name === '' || name === '__proto__') throw commitInvalid(`${JSON.stringify(name)} cannot be the name of a ref`)
  if (snapshot === undefined) throw commitInvalid(`the ref ${name} points at the snapshot ${id}, which is not there`)
  if (name === 'main' && ref.type !== 'branch') throw commitInvalid('main is a branch')
  if (old !== undefined && old.type !== ref.type) throw commitInvalid(`the ref ${name} is a ${old.type} already`)
  const next = withMetadata(draft, { refs: { ...metadata.refs, [name]: ref } })
  if (name !== 'main' || old?.['snapshot-id'] === id) return next
  // A snapshot that this commit adds became current when it was made; an older one becomes so now.
  const isNewest = snapshot['sequence-number'] === metadata['last-sequence-number']
  const at = isNewest ? Math.max(snapshot['timestamp-ms'], lastLogged(metadata)) : draft.now
  return withMetadata(next, {
    'current-snapshot-id': id,
    'snapshot-log': [...(metadata['snapshot-log'] ?? []), { 'snapshot-id': id, 'timestamp-ms': at }],
  })
}

function lastLogged(metadata: TableMetadata): number {
  return metadata['snapshot-log']?.at(-1)?.['timestamp-ms'] ?? 0
}

export function removeRef(draft: TableDraft, name: string): TableDraft {
  const { [name]: _gone, ...refs } = draft.metadata.refs ?? {}
  const next = withMetadata(draft, { refs })
  if (name !== 'main') return next
  const { 'current-snapshot-id': _none, ...metadata } = next.metadata
  return { ...next, metadata }
}

/** Forgets snapshots. What a branch or tag points at stays; history before a gap is forgotten too, as it cannot be told. */
export function removeSnapshots(draft: TableDraft, ids: readonly bigint[]): TableDraft {
  const { metadata } = draft
  const gone = new Set(ids)
  for (const [name, ref] of Object.entries(metadata.refs ?? {})) {
    if (gone.has(ref['snapshot-id']))
      throw commitInvalid(`the ref ${name} points at the snapshot ${ref['snapshot-id']}`)
  }
  const log = metadata['snapshot-log'] ?? []
  const gap = log.findLastIndex((entry) => gone.has(entry['snapshot-id']))
  return withMetadata(draft, {
    snapshots: (metadata.snapshots ?? []).filter((snapshot) => !gone.has(snapshot['snapshot-id'])),
    'snapshot-log': log.slice(gap + 1),
  })
}

function hasSnapshot(metadata: TableMetadata, id: bigint): boolean {
  return metadata.snapshots?.some((snapshot) => snapshot['snapshot-id'] === id) === true
}

function refOf({ refs }: TableMetadata, name: string): SnapshotRef | undefined {
  return refs !== undefined && Object.hasOwn(refs, name) ? refs[name] : undefined
}
