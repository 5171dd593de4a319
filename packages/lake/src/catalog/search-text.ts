import type { Field, IcebergType, Schema } from '../format/schema.ts'
import type { TableMetadata } from '../format/table-metadata.ts'

/** Longer texts are cut: nobody looks for what stands there. */
const longest = 50_000

/** What a table is, when it is more than a table. */
export const kindProperty = 'sluice.kind'

/** At the beginning of what is said of a fileset. */
export const filesetMark = 'kind:fileset'

/** What something is found by: its name, its columns, and what is said of it, a line each, in lower case. */
export function searchText(name: string, columns: readonly string[], said: readonly (string | undefined)[]): string {
  const line = (parts: readonly (string | undefined)[]): string =>
    parts
      .filter((part) => part !== undefined)
      .join(' ')
      .replaceAll(/\s+/g, ' ')
      .toLowerCase()
      .slice(0, longest)
  return [line([name]), line(columns), line(said)].join('\n')
}

/** Of a table: also what is inside of its columns, and what they are said to be. */
export function tableSearchText(name: string, metadata: TableMetadata): string {
  const schema = metadata.schemas.find((each) => each['schema-id'] === metadata['current-schema-id'])
  const fields = schema ? fieldsOf(schema) : []
  const { owner, comment, 'sluice.tags': tags, 'sluice.column-tags': columnTags } = metadata.properties ?? {}
  const docs = fields.map(({ doc }) => doc)
  const kind = metadata.properties?.[kindProperty] === 'fileset' ? filesetMark : undefined
  return searchText(
    name,
    fields.map(({ name: column }) => column),
    [kind, owner, comment, ...textsIn(tags), ...textsIn(columnTags), ...docs],
  )
}

/** The text when the change gives the table another one. */
export function changedSearchText(
  name: string,
  before: TableMetadata | undefined,
  after: TableMetadata,
): { readonly searchText?: string } {
  const same =
    before !== undefined &&
    before['current-schema-id'] === after['current-schema-id'] &&
    before.properties === after.properties
  if (same) return {}
  const text = tableSearchText(name, after)
  return before !== undefined && tableSearchText(name, before) === text ? {} : { searchText: text }
}

function fieldsOf(type: IcebergType | Schema): readonly Field[] {
  if (typeof type === 'string') return []
  if (type.type === 'list') return fieldsOf(type.element)
  if (type.type === 'map') return [...fieldsOf(type.key), ...fieldsOf(type.value)]
  return type.fields.flatMap((field) => [field, ...fieldsOf(field.type)])
}

/** All texts in a JSON text. */
function textsIn(json: string | undefined): readonly string[] {
  const found: string[] = []
  const visit = (value: unknown): void => {
    if (typeof value === 'string') found.push(value)
    else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) visit(each)
  }
  try {
    if (json !== undefined) visit(JSON.parse(json))
  } catch {
    // Written by another engine: what it says is not ours to read.
  }
  return found
}
