import { attemptContext } from '@sluice/engine'
import { createRelation } from '../sql/relation.ts'
import { sqlText } from '../sql/sql-text.ts'
import type { TableView, Version } from '../table/types.ts'
import { requireOptions } from '../table/require-options.ts'
import { releaseTag } from './release-name.ts'
import type { LakeReleases } from './release-types.ts'

/** Releases of the lake that code runs in; loaded by the first who asks for one. */
export function lakeReleases(view: (table: string, version: Version) => TableView): LakeReleases {
  return {
    async release(name, tables, options = {}) {
      requireOptions('release', options, ['move'])
      const { lake, context, releases } = await opened()
      const parts = tables.map((part) => (typeof part === 'string' ? { name: part } : versionOf(part)))
      const move = options.move === true
      return releases.releaseTables({ lake, release: name, tables: parts, move, context })
    },
    async releases() {
      const { lake, releases } = await opened()
      return releases.listReleases(lake)
    },
    at(release) {
      const tag = releaseTag(release)
      return {
        table: (name) => view(name, tag),
        sql: (texts, ...parts) =>
          createRelation(sqlText(texts, parts), async () => {
            const { currentQueryHost } = await import('../sql/query-host.ts')
            return currentQueryHost(tag)
          }),
      }
    },
    async rollback(release) {
      const { lake, context, releases } = await opened()
      return releases.rollbackRelease(lake, release, context)
    },
  }
}

function versionOf(part: { readonly name: string; readonly version?: Version }): {
  readonly name: string
  readonly version?: Version
} {
  return part.version === undefined ? { name: part.name } : { name: part.name, version: part.version }
}

async function opened() {
  const context = attemptContext()
  context?.requireOpen()
  const [{ currentLake }, releases] = await Promise.all([
    import('../table/open-lake.ts'),
    import('./release-tables.ts'),
  ])
  return { lake: await currentLake(), context, releases }
}
