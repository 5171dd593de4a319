import type { SchemaVersion } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { terminalOf } from '../output/terminal.ts'
import { columnLines } from './column-lines.ts'
import { withLakeOf } from './with-lake.ts'

/** `sluice lake schema <table>`: its columns, and how they came to be. */
export async function showSchema(name: string, flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  return withLakeOf(name, io, async (lake) => {
    if (!(await lake.has(name)) && (await lake.view(name)) !== undefined) {
      const columns = await lake.viewColumns(name)
      return showOne({ view: name, columns }, () => columnLines(columns, io), flags.json, io)
    }
    const versions = await lake.schemaVersions(name)
    return showOne({ table: name, versions }, () => schemaText(versions, io), flags.json, io)
  })
}

function schemaText(versions: readonly SchemaVersion[], io: CliIo): readonly string[] {
  const { paint } = terminalOf(io)
  const history = versions.flatMap(({ version, changes }) => [
    paint('dim', `schema ${version}`),
    ...(changes.length === 0 ? ['  made'] : changes.map((change) => `  ${change}`)),
  ])
  const current = versions.find((version) => version.current)
  return [...columnLines(current?.columns ?? [], io), ...(versions.length > 1 ? ['', ...history] : [])]
}
