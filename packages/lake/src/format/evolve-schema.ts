import { canPromote, fitsInto } from './promotion.ts'
import type { Field, IcebergType, ListType, MapType, Schema } from './schema.ts'
import { elementOf, freshFields, highestFieldId, keyOf, valueOf } from './schema-fields.ts'

export interface EvolveOptions {
  /** The table's: ids of dropped columns are never given again. */
  readonly lastColumnId?: number
  /** Whether a required column becomes optional when the wanted one is, or is missing. Default false. */
  readonly relax?: boolean
}

/** What a table's schema becomes so that it holds data of another one. Columns are told by their paths. */
export interface EvolvedSchema {
  /** The table's own schema, unchanged, when nothing had to change. */
  readonly schema: Schema
  readonly lastColumnId: number
  readonly added: readonly string[]
  readonly widened: readonly TypeChange[]
  readonly relaxed: readonly string[]
  /** Columns of the table that the wanted schema does not have. */
  readonly missing: readonly string[]
  /** Types that the table's column cannot become: it keeps its own, and values have to be converted or rejected. */
  readonly conflicts: readonly TypeChange[]
}

export interface TypeChange {
  readonly column: string
  readonly from: string
  readonly to: string
}

/**
 * Fits a table's schema to data whose schema is `wanted`, by names (ids in it do not count): new columns come last and are
 * optional, types only widen, nothing is dropped. A type that fits into the table's needs no change.
 */
export function evolveSchema(table: Schema, wanted: Schema, options: EvolveOptions = {}): EvolvedSchema {
  const evolution = new Evolution(options.lastColumnId ?? highestFieldId(table), options.relax === true)
  const fields = evolution.fields(table.fields, wanted.fields, '')
  const { lastColumnId, added, widened, relaxed, missing, conflicts } = evolution
  const isSame = added.length + widened.length + relaxed.length === 0
  return { schema: isSame ? table : { ...table, fields }, lastColumnId, added, widened, relaxed, missing, conflicts }
}

/** One walk over two schemas, and what it found. */
class Evolution {
  lastColumnId: number
  readonly added: string[] = []
  readonly widened: TypeChange[] = []
  readonly relaxed: string[] = []
  readonly missing: string[] = []
  readonly conflicts: TypeChange[] = []
  readonly #relax: boolean

  constructor(lastColumnId: number, relax: boolean) {
    this.lastColumnId = lastColumnId
    this.#relax = relax
  }

  fields(table: readonly Field[], wanted: readonly Field[], before: string): readonly Field[] {
    const byName = new Map(wanted.map((field) => [field.name, field]))
    const kept = table.map((field) => this.#field(field, byName.get(field.name), before))
    const names = new Set(table.map((field) => field.name))
    const news = wanted.filter((field) => !names.has(field.name))
    this.added.push(...news.map((field) => `${before}${field.name}`))
    const optional = news.map(asOptional)
    return [...kept, ...freshFields(optional, () => (this.lastColumnId += 1))]
  }

  #field(field: Field, wanted: Field | undefined, before: string): Field {
    const path = `${before}${field.name}`
    if (wanted === undefined) this.missing.push(path)
    const type = wanted === undefined ? field.type : this.#type(field.type, wanted.type, path)
    return { ...field, type, required: this.#required(field.required, wanted?.required === true, path) }
  }

  #required(required: boolean, wanted: boolean, path: string): boolean {
    if (!required || wanted || !this.#relax) return required
    this.relaxed.push(path)
    return false
  }

  #type(from: IcebergType, to: IcebergType, path: string): IcebergType {
    if (typeof from === 'string' && typeof to === 'string') {
      if (fitsInto(to, from)) return from
      const change = { column: path, from, to }
      ;(canPromote(from, to) ? this.widened : this.conflicts).push(change)
      return canPromote(from, to) ? to : from
    }
    if (typeof from !== 'string' && typeof to !== 'string') {
      if (from.type === 'struct' && to.type === 'struct')
        return { ...from, fields: this.fields(from.fields, to.fields, `${path}.`) }
      if (from.type === 'list' && to.type === 'list') return this.#list(from, to, path)
      if (from.type === 'map' && to.type === 'map') return this.#map(from, to, path)
    }
    this.conflicts.push({ column: path, from: typeText(from), to: typeText(to) })
    return from
  }

  #list(from: ListType, to: ListType, path: string): ListType {
    const { type, required } = this.#field(elementOf(from), elementOf(to), `${path}.`)
    return { ...from, element: type, 'element-required': required }
  }

  /** Keys cannot change: two that were different might become equal. */
  #map(from: MapType, to: MapType, path: string): MapType {
    const keys = new Evolution(this.lastColumnId, false)
    keys.#field(keyOf(from), keyOf(to), `${path}.`)
    if (keys.added.length + keys.widened.length + keys.conflicts.length > 0) {
      this.conflicts.push({ column: `${path}.key`, from: typeText(from.key), to: typeText(to.key) })
    }
    const { type, required } = this.#field(valueOf(from), valueOf(to), `${path}.`)
    return { ...from, value: type, 'value-required': required }
  }
}

function asOptional(field: Field): Field {
  return { ...field, required: false }
}

function typeText(type: IcebergType): string {
  return typeof type === 'string' ? type : type.type
}
