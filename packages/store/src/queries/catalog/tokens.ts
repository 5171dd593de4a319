import type { Micros } from '@sluice/core'
import type { NewToken, TokenRecord } from '../../catalog-store.ts'
import { parseColumn, plainText } from '../../codec/text.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

interface TokenRow {
  readonly id: string
  readonly name: string
  readonly hash: string
  readonly scopes: string
  readonly created_by: string
  readonly created_at: Micros
  readonly expires_at: Micros | null
  readonly revoked_at: Micros | null
}

const columns = 'id, name, hash, scopes, created_by, created_at, expires_at, revoked_at'

const insert: Query<
  [id: string, workspace: string, name: string, hash: string, scopes: string, by: string, expiresAt: Micros | null],
  TokenRow
> = query(
  'create-token',
  bothTexts(
    (dialect) => `insert into api_token (id, workspace, name, hash, scopes, created_by, expires_at, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, ${storeNow[dialect]}) returning ${columns}`,
  ),
)

export function* createToken(workspace: string, id: string, token: NewToken): Steps<TokenRecord> {
  const { name, hash, scopes, createdBy, expiresAt } = token
  const row = yield* firstOf(
    insert(id, workspace, plainText(name), hash, JSON.stringify(scopes), plainText(createdBy), expiresAt),
  )
  if (row === undefined) throw new Error('a token was not written')
  return decodeToken(row)
}

/** One row of `api_token_hash`: what every request asks. No lock. */
const selectByHash: Query<[hash: string], TokenRow> = query(
  'find-token',
  `select ${columns} from api_token where hash = $1`,
)

export function* findToken(hash: string): Steps<TokenRecord | undefined> {
  const row = yield* firstOf(selectByHash(hash))
  return row && decodeToken(row)
}

/** Few rows. No lock. */
const selectTokens: Query<[workspace: string], TokenRow> = query(
  'list-tokens',
  `select ${columns} from api_token where workspace = $1 order by id`,
)

export function* listTokens(workspace: string): Steps<readonly TokenRecord[]> {
  return (yield* rowsOf(selectTokens(workspace))).map(decodeToken)
}

/** One row by primary key. The first time counts. */
const revoke: Query<[id: string], TokenRow> = query(
  'revoke-token',
  bothTexts(
    (dialect) => `update api_token set revoked_at = coalesce(revoked_at, ${storeNow[dialect]}) where id = $1
    returning ${columns}`,
  ),
)

export function* revokeToken(id: string): Steps<TokenRecord | undefined> {
  const row = yield* firstOf(revoke(id))
  return row && decodeToken(row)
}

function decodeToken(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: parseColumn<readonly string[]>(row.scopes, []),
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}
