import { digest } from '@sluice/core'

/** The branch of a staged load: readable where its id is, and its own in any case. */
export function stageBranch(loadId: string): string {
  return `load/${safeName(loadId)}`
}

/** The branch with the rows that a staged merge brought, as they came. */
export function inputBranch(loadId: string): string {
  return `input/${safeName(loadId)}`
}

function safeName(loadId: string): string {
  const safe = loadId.replaceAll(/[^\w.-]+/g, '-').slice(0, 80)
  return safe === loadId ? safe : `${safe}-${digest(loadId).slice(0, 12)}`
}
