import { SluiceError } from '@sluice/core'

/** A name quoted for SQL: the only thing that goes into a statement's text by interpolation. */
export interface Identifier {
  readonly kind: 'identifier'
  /** Quoted, parts joined by dots. */
  readonly text: string
}

/** A statement, or a part of one, with its bound values. Parts nest; parameters are numbered when it is sent. */
export interface SqlFragment {
  readonly kind: 'fragment'
  readonly strings: readonly string[]
  readonly values: readonly unknown[]
}

/** What a database gets: text with `$1…` and the values for them. */
export interface BoundStatement {
  readonly text: string
  readonly values: readonly unknown[]
}

/**
 * Writes a statement with its values bound, never pasted.
 *
 * @example
 * ```ts
 * const recent = sql`pickup >= ${since}`
 * await db.query(sql`select count(*) from ${identifier('trips')} where ${recent}`)
 * ```
 */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): SqlFragment {
  return remember(fragments, { kind: 'fragment', strings: [...strings], values } as const)
}

/**
 * Quotes a name, or a path of names (`identifier('public', 'trips')`), whatever characters it has.
 * A dot inside one part stays part of that name.
 */
export function identifier(...parts: readonly [string, ...string[]]): Identifier {
  return remember(identifiers, { kind: 'identifier', text: parts.map(quoteName).join('.') } as const)
}

/** A table given as an {@link Identifier}, or as text in which a dot separates schema and table. */
export function tableName(table: string | Identifier): Identifier {
  if (typeof table !== 'string') return table
  const [first = '', ...rest] = table.split('.')
  return identifier(first, ...rest)
}

/** Numbers the parameters of a fragment and of the fragments inside it. */
export function bind(fragment: SqlFragment): BoundStatement {
  const values: unknown[] = []
  return { text: render(fragment, values), values }
}

function render(fragment: SqlFragment, values: unknown[]): string {
  let text = fragment.strings[0] ?? ''
  fragment.values.forEach((value, index) => {
    text += renderValue(value, values) + (fragment.strings[index + 1] ?? '')
  })
  return text
}

function renderValue(value: unknown, values: unknown[]): string {
  if (isFragment(value)) return render(value, values)
  if (isIdentifier(value)) return value.text
  values.push(value)
  return `$${values.length}`
}

/** True only for what {@link sql} returned: an object of the same shape out of somebody's JSON must never become SQL text. */
export function isFragment(value: unknown): value is SqlFragment {
  return typeof value === 'object' && value !== null && fragments.has(value)
}

function isIdentifier(value: unknown): value is Identifier {
  return typeof value === 'object' && value !== null && identifiers.has(value)
}

const fragments = new WeakSet()
const identifiers = new WeakSet()

function remember<T extends object>(made: WeakSet<object>, value: T): T {
  made.add(value)
  return Object.freeze(value)
}

function quoteName(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new SluiceError('OPTION_INVALID', {
      option: 'identifier',
      problem: 'a name must not be empty or hold a NUL character',
    })
  }
  return `"${name.replaceAll('"', '""')}"`
}
