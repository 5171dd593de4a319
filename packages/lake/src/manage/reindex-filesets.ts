import { kindProperty } from '../catalog/search-text.ts'
import { fileText, openFileset } from '../fileset/open-fileset.ts'
import type { OpenLake } from '../table/lake.ts'

/** Lets the files of all filesets be found again, after the catalogue was made anew: their tables say what they are. */
export async function reindexFilesets(lake: OpenLake): Promise<void> {
  const { catalog, platform } = lake
  for (const pointer of await catalog.list()) {
    const { name: fileset } = pointer
    const { properties } = await catalog.metadata(pointer)
    if (properties?.[kindProperty] !== 'fileset') continue
    const files = await openFileset(lake, fileset, undefined).list({})
    const found = files.map((file) => ({ fileset, name: file.name, searchText: fileText(file) }))
    await catalog.commit({
      id: platform.newId(),
      tables: [{ name: fileset, requirements: [], updates: [] }],
      found,
    })
  }
}
