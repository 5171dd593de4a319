import type { ApiTokenJson, TokenScope } from '@sluice/api'
import { type Duration, parseDuration, SluiceError } from '@sluice/core'
import { shortId } from '@sluice/engine/report'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { timeText } from '../output/in-text.ts'
import { microsOf } from '../output/micros.ts'
import { cell, showList, showOne } from '../output/show-list.ts'
import { readAll } from '../runs/read-all.ts'

const scopes: readonly TokenScope[] = ['read', 'run', 'admin', 'worker']

/** `sluice tokens ls` */
export async function listTokens(flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const tokens = await readAll((after) => client.listTokens({ query: { limit: 1000, ...after } }))
    const now = io.now()
    const view = {
      columns: [
        { title: 'ID' },
        { title: 'NAME', give: 1 },
        { title: 'SCOPES' },
        { title: 'STATE' },
        { title: 'EXPIRES', drop: 2 },
      ],
      row: (token: ApiTokenJson) => [
        cell(shortId(token.id)),
        cell(token.name, 'bold'),
        cell(token.scopes.join(', ')),
        cell(stateText(token, now), token.revokedAt === null ? 'green' : 'dim'),
        cell(timeText(token.expiresAt)),
      ],
      empty: 'There are no API tokens. Make one: npx sluice tokens create <name> --scope run',
    }
    return showList(tokens, view, flags.json, io)
  })
}

/** `sluice tokens create <name>`: prints the token, once. It alone is on standard output, for pipes. */
export async function createToken(
  name: string,
  flags: { readonly json: boolean; readonly scope: readonly string[]; readonly expires?: string | undefined },
  io: CliIo,
): Promise<number> {
  const chosen =
    flags.scope.length === 0 ? (['run'] as const) : flags.scope.flatMap((each) => each.split(',')).map(scopeOf)
  const expires =
    flags.expires === undefined
      ? {}
      : { expiresAt: new Date(io.now() / 1000 + parseDuration(flags.expires as Duration)).toISOString() }
  return withClient(io, async (client) => {
    const created = await client.createToken({ body: { name, scopes: [...chosen], ...expires } })
    if (!flags.json) io.stderr.write('Keep it now: it is not told again. Use it as SLUICE_API_TOKEN.\n')
    return showOne(created, () => [created.token], flags.json, io)
  })
}

/** `sluice tokens revoke <id>`: by id, its beginning, or a name that only one has. */
export async function revokeToken(text: string, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const tokens = await readAll((after) => client.listTokens({ query: { limit: 1000, ...after } }))
    const open = tokens.filter((token) => token.revokedAt === null)
    const found = open.filter((token) => token.id.startsWith(text.toLowerCase()) || token.name === text)
    const [token, ...others] = found
    if (token === undefined) throw new SluiceError('TOKEN_NOT_FOUND', { token: text })
    if (others.length > 0) throw new SluiceError('AMBIGUOUS_ID', { prefix: text })
    await client.revokeToken({ params: { token: token.id } })
    io.stdout.write(`Token ${token.name} (${shortId(token.id)}) opens nothing any more.\n`)
    return exitCodes.ok
  })
}

function stateText(token: ApiTokenJson, now: number): string {
  if (token.revokedAt !== null) return 'revoked'
  return token.expiresAt !== null && microsOf(token.expiresAt) <= now ? 'expired' : 'active'
}

function scopeOf(text: string): TokenScope {
  const found = scopes.find((scope) => scope === text.trim())
  if (found !== undefined) return found
  throw new SluiceError('OPTION_INVALID', {
    option: '--scope',
    problem: `'${text}' is not one of ${scopes.join(', ')}`,
  })
}
