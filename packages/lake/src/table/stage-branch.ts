import { digest } from '@sluice/core'

const prefix = 'load/'

/** The branch of a staged load: readable where its id is, and its own in any case. */
export function stageBranch(loadId: string): string {
  const safe = loadId.replaceAll(/[^\w.-]+/g, '-').slice(0, 80)
  return safe === loadId ? `${prefix}${safe}` : `${prefix}${safe}-${digest(loadId).slice(0, 12)}`
}
