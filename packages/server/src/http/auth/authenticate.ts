import { SluiceError } from '@sluice/core'
import type { Store, TokenRecord } from '@sluice/store'
import { createHash, timingSafeEqual } from 'node:crypto'
import { Lru } from '../../lru.ts'
import type { Clock } from '../../platform.ts'
import { anonymous, type Caller, homeCaller, opened } from './caller.ts'
import type { RunTokens } from './run-tokens.ts'

/** Who sends this `Authorization` header. Throws `UNAUTHENTICATED` for a token that opens nothing (any more). */
export type Authenticate = (authorization: string | undefined) => Caller | Promise<Caller>

export interface AuthOptions {
  readonly homeToken: string
  readonly runTokens: RunTokens
  readonly store: Pick<Store, 'findToken'>
  readonly clock: Clock
  /** Microseconds, wall clock: whether a token has expired. */
  readonly now: () => number
}

/** A revoked token works for at most this long on the replicas that have just seen it. */
const rememberedMs = 2_000
const mostRemembered = 1_000
/** A run's engine sends one token with each of its batches. */
const mostRunTokens = 10_000

/** What is stored of a token: nobody can turn it back. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

export function createAuthenticate(options: AuthOptions): Authenticate {
  const { homeToken, runTokens, store, clock, now } = options
  const homeHash = createHash('sha256').update(homeToken).digest()
  const remembered = new Map<string, { readonly record: TokenRecord | undefined; readonly until: number }>()

  async function findToken(hash: string): Promise<TokenRecord | undefined> {
    const known = remembered.get(hash)
    if (known !== undefined && known.until > clock.monotonic()) return known.record
    const record = await store.findToken(hash)
    // Full of guesses: forget them all, it is only a memory.
    if (remembered.size >= mostRemembered) remembered.clear()
    remembered.set(hash, { record, until: clock.monotonic() + rememberedMs })
    return record
  }

  async function apiCaller(token: string): Promise<Caller> {
    const record = await findToken(tokenHash(token))
    if (record === undefined) throw refused('it is not known')
    if (record.revokedAt !== null) throw refused('it was revoked')
    if (record.expiresAt !== null && record.expiresAt <= now()) throw refused('it has expired')
    return { kind: 'person', by: `token:${record.name}`, scopes: opened(record.scopes) }
  }

  /** By the whole header. A token of a run opens what it opens for ever: nothing of it can change. */
  const runs = new Lru<string, Caller>(mostRunTokens)

  return (authorization) => {
    if (authorization === undefined) return anonymous
    const known = runs.get(authorization)
    if (known !== undefined) return known
    const [, token] = /^Bearer +([\x21-\x7e]{1,500}) *$/i.exec(authorization) ?? []
    if (token === undefined) throw refused('it is not of the form `Bearer <token>`')
    // Hashes have one length: comparing them takes one time, whatever was sent.
    if (timingSafeEqual(createHash('sha256').update(token).digest(), homeHash)) return homeCaller
    if (!token.startsWith('slr_')) return apiCaller(token)
    const run = runTokens.verify(token)
    if (run === undefined) throw refused('it is no token of a run here')
    const caller: Caller = { kind: 'run', by: `run:${run.rootId}`, ...run }
    runs.set(authorization, caller)
    return caller
  }
}

function refused(problem: string): SluiceError {
  return new SluiceError('UNAUTHENTICATED', { problem })
}
