/** A piece of SQL. */
export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'text' | 'other'
  readonly text: string
  readonly start: number
  readonly end: number
}

const pattern =
  /(?<skip>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<text>'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*")|(?<word>[\p{L}_][\p{L}\p{N}_$]*|\d[\w.]*)|(?<other>[\s\S])/guy

/** The pieces of a text, without what stands between them. */
export function sqlTokens(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = []
  for (const match of sql.matchAll(pattern)) {
    const { skip, text, quoted, word } = match.groups ?? {}
    if (skip !== undefined) continue
    const kind = text !== undefined ? 'text' : quoted !== undefined ? 'quoted' : word !== undefined ? 'word' : 'other'
    tokens.push({ kind, text: match[0], start: match.index, end: match.index + match[0].length })
  }
  return tokens
}

/** A query without the semicolon that may end it: it is put into brackets. */
export function withoutEnd(sql: string): string {
  const tokens = sqlTokens(sql)
  const last = tokens.findLastIndex(({ text }) => text !== ';')
  const [first] = tokens.slice(last + 1)
  return first === undefined ? sql : sql.slice(0, first.start) + sql.slice(first.start).replaceAll(';', ' ')
}
