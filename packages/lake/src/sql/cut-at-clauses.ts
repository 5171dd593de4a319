import { timeMark } from './sql-text.ts'
import { type SqlToken, sqlTokens } from './sql-tokens.ts'

/**
 * Takes `AT (…)` out of a query and puts what it says into the table's name: `"trips@v1"`, which is what the view is called
 * that the query shall find. Only words outside of texts, quoted names and comments count; the query has been parsed
 * before, so that brackets are known to match.
 */
export function cutAtClauses(sql: string): string {
  const tokens = sqlTokens(sql)
  const clauses = tokens.flatMap((token, index) =>
    token.kind === 'word' && token.text.toUpperCase() === 'AT' && tokens[index + 1]?.text === '(' ? [index] : [],
  )
  let cut = sql
  for (const index of clauses.toReversed()) {
    const close = closing(tokens, index + 1)
    const table = tableBefore(tokens, index)
    const [first, last] = [tokens[index], tokens[close]]
    if (!table || !first || !last) continue
    const version = versionIn(tokens.slice(index + 2, close))
    if (version === undefined) continue
    const name = `"${nameOf(table.text).replaceAll('"', '""')}@${version.replaceAll('"', '""')}"`
    // An alias keeps what the rest of the query calls it.
    const alias = table.aliased ? '' : ` AS "${nameOf(table.text).replaceAll('"', '""')}"`
    cut = cut.slice(0, first.start) + alias + cut.slice(last.end)
    cut = cut.slice(0, table.start) + name + cut.slice(table.end)
  }
  return cut
}

function closing(tokens: readonly SqlToken[], open: number): number {
  let depth = 0
  for (let index = open; index < tokens.length; index++) {
    if (tokens[index]?.text === '(') depth++
    if (tokens[index]?.text === ')' && --depth === 0) return index
  }
  return tokens.length - 1
}

/** `namespace.table [AS alias] AT`: the token of the table. */
function tableBefore(tokens: readonly SqlToken[], at: number): (SqlToken & { readonly aliased: boolean }) | undefined {
  const isDot = (index: number): boolean => tokens[index]?.text === '.'
  for (const back of [1, 2, 3]) {
    const token = tokens[at - back]
    if (token && isDot(at - back - 1)) return { ...token, aliased: back > 1 }
  }
  return undefined
}

const nameOf = (token: string): string =>
  token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.toLowerCase()

/** `VERSION => 'v1'`, `VERSION => 123`, `TIMESTAMP => '…'`, `TIMESTAMP => TIMESTAMP '…'`; anything else is no constant. */
function versionIn([unit, equals, greater, ...value]: readonly SqlToken[]): string | undefined {
  if (equals?.text !== '=' || greater?.text !== '>') return undefined
  const byTime = unit?.text.toUpperCase() === 'TIMESTAMP'
  const [first, second] = value
  const constant = byTime && second !== undefined && /^timestamp(?:tz)?$/i.test(first?.text ?? '') ? second : first
  if (!constant || value.length > (constant === first ? 1 : 2)) return undefined
  if (constant.kind === 'text') return `${byTime ? timeMark : ''}${constant.text.slice(1, -1).replaceAll("''", "'")}`
  return !byTime && /^\d+$/.test(constant.text) ? constant.text : undefined
}
