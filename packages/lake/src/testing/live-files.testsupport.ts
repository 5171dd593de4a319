import { planScan } from '../table/plan-scan.ts'
import type { TestTables } from './test-lake.testsupport.ts'

/** Paths of the live files of rows, oldest first. */
export async function liveFiles(tables: TestTables, table: string): Promise<readonly string[]> {
  const { metadata, pointer, snapshot, schema } = await tables.view(table)
  const entries = await planScan(tables.lake.manifests, { metadata, directory: pointer.directory, snapshot, schema })
  return entries.filter(({ file }) => file.content === 0).map(({ file }) => file.path)
}
