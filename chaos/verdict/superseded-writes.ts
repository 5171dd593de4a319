import type { AuditEntry } from '../audit/read-books.ts'
import type { SeenBatch } from '../proxy.ts'
import type { Evidence, Finding } from './evidence.ts'

const law = 'no write of a superseded epoch is stored'

/**
 * The database's own record of each change of a journal against what went over the wire: what was stored as part of an epoch was sent
 * by that epoch; rows of tasks came with a change of the journal, in one transaction; and what was acknowledged was stored.
 */
export function supersededWrites({ books, batches }: Evidence): readonly Finding[] {
  const journals = books.entries.filter(({ kind }) => kind === 'journal')
  if (journals.length === 0) return []
  return [...notSent(journals, batches), ...withoutFence(books.entries, journals), ...notStored(journals, batches)]
}

function notSent(journals: readonly AuditEntry[], batches: readonly SeenBatch[]): readonly Finding[] {
  const sent = new Set(batches.map(({ root, epoch, last }) => `${root} ${epoch} ${last}`))
  return journals
    .filter(({ root, b, note }) => !sent.has(`${root} ${note} ${b}`))
    .map(({ root, a, b, note }) => ({ law, root, problem: `epoch ${note} never sent ${a} to ${b}, and it is stored` }))
}

function withoutFence(entries: readonly AuditEntry[], journals: readonly AuditEntry[]): readonly Finding[] {
  const fenced = new Set(journals.map(({ tx, root }) => `${tx} ${root}`))
  return entries
    .filter(({ kind, tx, root }) => kind === 'task' && tx !== 0 && !fenced.has(`${tx} ${root}`))
    .map(({ root, key, note }) => ({
      law,
      root,
      problem: `a task row (${key}, ${note}) was written without the fence`,
    }))
}

function notStored(journals: readonly AuditEntry[], batches: readonly SeenBatch[]): readonly Finding[] {
  const stored = new Set(journals.map(({ root, b, note }) => `${root} ${note} ${b}`))
  return batches
    .filter(({ status, root, epoch, last }) => status === 200 && !stored.has(`${root} ${epoch} ${last}`))
    .map(({ root, epoch, first, last }) => ({
      law: 'what is acknowledged is stored',
      root,
      problem: `${first} to ${last} of epoch ${epoch}`,
    }))
}
