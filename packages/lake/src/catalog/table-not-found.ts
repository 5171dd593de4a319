import { nearest, SluiceError } from '@sluice/core'
import type { LakeCatalog } from './lake-catalog.ts'

/** There is no table of this name: the error says which one was probably meant, or that it is a view. */
export async function tableNotFound(
  catalog: Pick<LakeCatalog, 'list' | 'views'>,
  name: string,
): Promise<SluiceError<'TABLE_NOT_FOUND'>> {
  const [tables, views] = await Promise.all([catalog.list(), catalog.views()])
  if (views.some((view) => view.name === name)) return new SluiceError('TABLE_NOT_FOUND', { table: name, view: true })
  const near = nearest(
    name,
    [...tables, ...views].map((each) => each.name),
  )
  return new SluiceError('TABLE_NOT_FOUND', { table: name, ...(near !== undefined && { near }) })
}
