import { plainText } from '../../codec/text.ts'
import type { LakeFound, LakeSearch } from '../../lake-store.ts'
import { clampLimit, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'

interface FoundRow {
  readonly kind: LakeFound['kind']
  readonly name: string
  readonly file: string
  readonly search_text: string
}

/** More is found by more terms. */
const mostFound = 10_000

const everything = (found: string): string => `select kind, name, file, search_text from (
    select 'table' as kind, name, '' as file, search_text from lake_table where workspace = $1 and dropped_at is null
    union all select 'view', name, '' as file, search_text from lake_view where workspace = $1
    union all select 'file', fileset, name, search_text from lake_file where workspace = $1
  ) as each where search_text is not null and not exists (${found}) limit ${mostFound}`

/** Reads the texts of all tables, views and files once: a few hundred bytes each. No lock. */
const selectFound: Query<[workspace: string, terms: string], FoundRow> = query('search-lake', {
  sqlite: everything('select 1 from json_each($2) as term where instr(search_text, term.value) = 0'),
  postgres: everything(
    'select from json_array_elements_text(cast($2 as json)) as term where strpos(search_text, term) = 0',
  ),
})

/** {@link LakeStore.searchLake} */
export function* searchLake(workspace: string, { terms, limit, after }: LakeSearch): Steps<Page<LakeFound>> {
  const wanted = terms.map(plainText)
  const most = clampLimit(limit)
  const from = textCursor(after, 1)[0] ?? ''
  const rows = yield* rowsOf(selectFound(workspace, listOf(wanted)))
  const ranked = rows
    .map((row) => ({ row, place: placeOf(row, wanted) }))
    .filter(({ place }) => place > from)
    .toSorted((one, other) => (one.place < other.place ? -1 : 1))
    .slice(0, most + 1)
  const page = pageOf(ranked, most, ({ place }) => textCursorOf(place))
  return { items: page.items.map(({ row }) => foundOf(row)), next: page.next }
}

const foundOf = ({ kind, name, file, search_text: searchText }: FoundRow): LakeFound => ({
  kind,
  name,
  file,
  searchText,
})

/** Where it stands: by the line in which each term first is, then by name. */
function placeOf({ kind, name, file, search_text: text }: FoundRow, terms: readonly string[]): string {
  const ends = [text.indexOf('\n'), text.indexOf('\n', text.indexOf('\n') + 1)]
  const lines = terms.map((term) => {
    const at = text.indexOf(term)
    return at <= (ends[0] ?? 0) ? 0 : at <= (ends[1] ?? 0) ? 1 : 2
  })
  const score = lines.reduce<number>((sum, line) => sum + line, 0)
  return [String(score).padStart(3, '0'), name, kind, file].join('\u0001')
}
