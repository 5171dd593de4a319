import type { Scope } from '@sluice/api'

/** Who makes a request, and what that lets them do. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'person'; readonly by: string; readonly scopes: ReadonlySet<Scope> }
  | { readonly kind: 'run'; readonly by: string; readonly rootId: string; readonly epoch: number }

export const anonymous: Caller = { kind: 'anonymous' }

/** What a token with these scopes opens: `admin` includes `run`, which includes `read`; `worker` stands beside them. */
export function opened(scopes: readonly string[]): ReadonlySet<Scope> {
  const all = new Set<Scope>(scopes as readonly Scope[])
  if (all.has('admin')) all.add('run')
  if (all.has('run')) all.add('read')
  return all
}

/** Who used the token of the home, for the record. */
export const byHome = 'home'

/** The token of the home: all that people and workers may do. Only an engine of a run may speak for that run. */
export const homeCaller: Caller = { kind: 'person', by: byHome, scopes: opened(['admin', 'worker']) }

/** Whether the caller may use an operation of this scope. */
export function mayUse(caller: Caller, scope: Scope): boolean {
  if (scope === 'public') return true
  if (scope === 'runToken') return caller.kind === 'run'
  return caller.kind === 'person' && caller.scopes.has(scope)
}
