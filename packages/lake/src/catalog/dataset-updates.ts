import type { LakeDatasetUpdate } from '@sluice/store'
import { contentChange, contentText, datasetContent } from '../format/dataset-version.ts'
import type { LakeCommit } from './lake-catalog.ts'
import type { WorkingTables } from './plan-commit.ts'

/** What a commit tells those who wait for a dataset: each of its tables whose content it moves on `main`. */
export function datasetUpdates(
  commit: LakeCommit,
  before: WorkingTables,
  after: WorkingTables,
  newId: () => string,
): readonly LakeDatasetUpdate[] {
  return [...after].flatMap(([name, { metadata }]) => {
    const was = before.get(name)?.metadata
    const content = datasetContent(metadata)
    if (content.snapshotId === undefined) return []
    if (was !== undefined && contentText(datasetContent(was)) === contentText(content)) return []
    const { added, removed } = contentChange(was, metadata)
    const payload = {
      table: name,
      snapshot: String(metadata.refs?.['main']?.['snapshot-id'] ?? content.snapshotId),
      schema: content.schemaId,
      added,
      removed,
      run: commit.owner?.rootId ?? null,
    }
    return [{ id: newId(), dataset: name, payload: JSON.stringify(payload) }]
  })
}
