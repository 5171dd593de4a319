import type { SearchHit } from '@sluice/lake'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { cell, showList } from '../output/show-list.ts'
import { withAnyLake } from './with-lake.ts'

/** `sluice lake search <words…>`: by name first. */
export async function searchLake(
  words: readonly string[],
  { json, limit }: { readonly json: boolean; readonly limit: number },
  io: CliIo,
): Promise<number> {
  return withAnyLake(io, async (lake) => {
    const text = words.join(' ')
    const page = lake ? await lake.search({ text, limit }) : { items: [], next: null }
    if (json) {
      printJson(io, page)
      return 0
    }
    const empty = `Nothing in the lake has all of these words: ${text}`
    const code = showList(page.items, { ...view, empty }, false, io)
    if (page.next !== null) io.stdout.write('There is more: name another word, or a higher --limit.\n')
    return code
  })
}

const view = {
  columns: [{ title: 'KIND' }, { title: 'NAME' }, { title: 'FILE', give: 1 }, { title: 'ABOUT', give: 2, drop: 1 }],
  row: ({ kind, name, file, about }: SearchHit) => [cell(kind), cell(name, 'bold'), cell(file), cell(about)],
}
