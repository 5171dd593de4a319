import * as fc from 'fast-check'
import type { LoadRequest } from './load-request.ts'
import { tableOf } from './ingest.testsupport.ts'

type Value = string | number | bigint | boolean | null

/** What a type makes of a text: undefined where it does not fit. */
type Cell = readonly [text: string, value: Value | undefined]

const cells = {
  long: [
    ['7', 7],
    ['-12', -12],
    ['007', 7],
    ['2.0', 2],
    [' 5', 5],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775808', undefined],
    ['2.5', undefined],
    ['1e3', undefined],
    ['1_000', undefined],
    ['x', undefined],
    ['', null],
  ],
  double: [
    ['1.5', 1.5],
    ['1e3', 1000],
    ['-0.25', -0.25],
    ['+4', 4],
    ['1e400', undefined],
    ['12345678901234567', undefined],
    ['1,5', undefined],
    ['none', undefined],
    ['', null],
  ],
  date: [
    ['2024-02-29', '2024-02-29'],
    ['1969-12-31', '1969-12-31'],
    ['12024-01-01', '12024-01-01'],
    ['2024-02-29 00:00:00', '2024-02-29'],
    ['2024-02-30', undefined],
    ['2024-02-29 10:00:00', undefined],
    ['soon', undefined],
    ['', null],
  ],
  boolean: [
    ['true', true],
    ['No', false],
    ['1', true],
    ['2', undefined],
    ['', null],
  ],
  string: [
    ['plain', 'plain'],
    ['Zoë 😀', 'Zoë 😀'],
    [' spaced ', ' spaced '],
    ["it's; a|b,c\td", "it's; a|b,c\td"],
    ['a "b" c', 'a "b" c'],
    ['two\nlines', 'two\nlines'],
    ['w\\n', 'w\\n'],
    ['null', 'null'],
    ['', null],
  ],
} as const satisfies Readonly<Record<string, readonly Cell[]>>

type CellType = keyof typeof cells
const cellTypes = Object.keys(cells) as readonly CellType[]

/** What happens to a record on its way into the file. */
const damages = ['none', 'short', 'long', 'unclosed', 'after quote', 'encoding', 'trailing', 'blank before'] as const
type Damage = (typeof damages)[number]

interface MadeRecord {
  readonly cells: readonly Cell[]
  readonly quoted: readonly boolean[]
  readonly damage: Damage
}

/** A CSV file, and what must come of it. */
export interface BrokenCsv {
  readonly bytes: Buffer
  readonly table: LoadRequest['table']
  readonly options: LoadRequest['options']
  readonly records: number
  /** By `id`. */
  readonly rows: ReadonlyMap<number, Readonly<Record<string, Value>>>
  readonly reasons: Readonly<Record<string, number>>
}

const expected: Readonly<Record<Damage, string | undefined>> = {
  none: undefined,
  short: 'COLUMN_COUNT',
  long: 'COLUMN_COUNT',
  unclosed: 'QUOTE_BROKEN',
  'after quote': 'QUOTE_BROKEN',
  encoding: 'ENCODING_INVALID',
  trailing: undefined,
  'blank before': undefined,
}

/** Files in any dialect, whose every record is right, misfits its columns, or is damaged in one way. */
export const brokenCsv: fc.Arbitrary<BrokenCsv> = fc
  .record({
    types: fc.array(fc.constantFrom(...cellTypes), { minLength: 1, maxLength: 5 }),
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    end: fc.constantFrom('\n', '\r\n', 'mixed'),
    damaged: fc.boolean(),
    count: fc.integer({ min: 1, max: 40 }),
    last: fc.boolean(),
    mark: fc.boolean(),
    said: fc.boolean(),
    seed: fc.infiniteStream(fc.nat()),
  })
  .map(({ seed, ...made }) => fileOf({ ...made, next: (most) => (seed.next().value ?? 0) % most }))

interface Recipe {
  readonly types: readonly CellType[]
  readonly delimiter: string
  readonly end: string
  readonly damaged: boolean
  readonly count: number
  readonly last: boolean
  readonly mark: boolean
  readonly said: boolean
  readonly next: (most: number) => number
}

function fileOf(recipe: Recipe): BrokenCsv {
  const { types, delimiter, end, count, last, mark, said, next } = recipe
  const names = types.map((type, i) => `${type}_${'abcde'[i] ?? ''}`)
  const lines: Buffer[] = [Buffer.from(['id', ...names].join(delimiter))]
  const rows = new Map<number, Readonly<Record<string, Value>>>()
  const reasons: Record<string, number> = {}
  for (let id = 1; id <= count + 1; id++) {
    // The first is right, so that something is loaded and the dialect can be told.
    const record = id === 1 ? rightRecord(types) : madeRecord(recipe)
    if (record.damage === 'blank before') lines.push(Buffer.from(''))
    lines.push(bytesOf(id, record, recipe))
    const misfit = record.cells.some(([, value]) => value === undefined)
    const reason = expected[record.damage] ?? (misfit ? 'VALUE_INVALID' : undefined)
    if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1
    else
      rows.set(
        id,
        Object.fromEntries([['id', id], ...names.map((name, i) => [name, record.cells[i]?.[1] ?? null] as const)]),
      )
  }
  const ended = lines.flatMap((line, i) => {
    const lineEnd = end === 'mixed' ? (next(2) === 0 ? '\n' : '\r\n') : end
    return i === lines.length - 1 && last ? [line] : [line, Buffer.from(lineEnd)]
  })
  return {
    bytes: Buffer.concat([Buffer.from(mark ? '\uFEFF' : ''), ...ended]),
    table: tableOf(Object.fromEntries([['id', 'long'], ...names.map((name, i) => [name, types[i] ?? 'string'])])),
    options: { maxRejected: 1, ...(said && { csv: { delimiter, quote: '"', header: true, encoding: 'utf-8' } }) },
    records: count + 1,
    rows,
    reasons,
  }
}

function rightRecord(types: readonly CellType[]): MadeRecord {
  return { cells: types.map((type) => cells[type][0]), quoted: types.map(() => false), damage: 'none' }
}

function madeRecord({ types, damaged, said, next }: Recipe): MadeRecord {
  const chosen = types.map((type): Cell => {
    const of: readonly Cell[] = cells[type]
    return of[next(of.length)] ?? of[0] ?? ['', null]
  })
  const drawn = damaged && next(3) === 0 ? (damages[next(damages.length)] ?? 'none') : 'none'
  // A file with nothing else beyond ASCII is taken for latin-1, unless its encoding is said. A ragged record that spans lines is taken for
  // a quote that closes by accident: it counts as several.
  const spans = chosen.some(([text]) => text.includes('\n'))
  const isOther = drawn === 'encoding' ? !said : spans && (drawn === 'short' || drawn === 'long')
  const damage = isOther ? 'none' : drawn
  return { cells: chosen, quoted: types.map(() => next(3) === 0), damage }
}

function bytesOf(id: number, record: MadeRecord, { delimiter, damaged, next }: Recipe): Buffer {
  const { cells: values, quoted, damage } = record
  const texts = values.map(([text], i) => {
    const needs = /["\n\r]/.test(text) || text.includes(delimiter)
    // Behind an open quote a quoted text begins with a letter: else that could close there.
    return needs || (quoted[i] && (!damaged || /^[a-z]/.test(text))) ? `"${text.replaceAll('"', '""')}"` : text
  })
  const line = [String(id), ...texts]
  if (damage === 'short') line.pop()
  if (damage === 'long') line.push('more')
  if (damage === 'unclosed') line[line.length - 1] = `"open${next(2) === 0 ? '' : delimiter}x`
  if (damage === 'after quote') line[line.length - 1] = '"closed" and more'
  if (damage === 'trailing') line.push('', '')
  const bytes = Buffer.from(line.join(delimiter))
  return damage === 'encoding' ? Buffer.concat([Buffer.from([0x31, 0xff]), bytes]) : bytes
}
