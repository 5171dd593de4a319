import type { CsvDialect } from './csv-dialect.ts'

/** What every value of a column is written as; `text`: anything. Nothing at all is no value, of any of them. */
export type PlainKind = 'text' | 'long' | 'double' | 'date' | 'timestamp'

export interface PlainForm {
  readonly dialect: CsvDialect
  readonly lineEnd: '\n' | '\r\n'
  /** One for each column. */
  readonly kinds: readonly PlainKind[]
}

/** Looks at a file's bytes, some at a time. */
export interface PlainScan {
  /** So many records were seen, beside the header and blank lines. */
  readonly records: number
  /**
   * Looks at `bytes[0..end)`, which begin with a record. Answers how many of them belong to whole records, the last of which ends with a line feed;
   * undefined: something is not plain.
   */
  take(bytes: Uint8Array, end: number): number | undefined
}

const lf = 10
const cr = 13
const minus = 45
const point = 46
const zero = 48
const nine = 57
const colon = 58

/**
 * Reads CSV on its own, as far as it is written in the plainest way: as many values in every record as in the header, quotes around whole values only,
 * numbers and times as nearly everybody writes them. Of such a file DuckDB's typed reader loses nothing and lets in nothing that `inferredSql` and
 * `textToSql` would not, so that no test is needed while it is read; and how many records it must find is known. One look at every byte is both.
 */
export function createPlainScan(form: PlainForm): PlainScan {
  return new Scan(form)
}

const kindNumbers: Readonly<Record<PlainKind, number>> = { text: 0, long: 1, double: 2, date: 3, timestamp: 4 }

class Scan implements PlainScan {
  readonly #kinds: Uint8Array
  readonly #texts: Uint8Array
  readonly #delimiter: number
  /** Bytes at which a value without quotes ends, or is not plain. */
  readonly #stops = new Uint8Array(256)
  /** -1: there is none. */
  readonly #quote: number
  readonly #isCrlf: boolean
  #header: boolean
  records = 0

  constructor({ dialect, lineEnd, kinds }: PlainForm) {
    this.#kinds = Uint8Array.from(kinds, (kind) => kindNumbers[kind])
    this.#texts = new Uint8Array(kinds.length)
    this.#delimiter = dialect.delimiter.charCodeAt(0)
    const [quote, escape] = [codeOf(dialect.quote), codeOf(dialect.escape)]
    for (const byte of [this.#delimiter, quote, escape, lf, cr, 0]) if (byte >= 0) this.#stops[byte] = 1
    // Another escape than the quote itself is for those who look closely.
    this.#quote = quote === escape ? quote : -1
    this.#isCrlf = lineEnd === '\r\n'
    this.#header = dialect.header
  }

  take(bytes: Uint8Array, end: number): number | undefined {
    let at = 0
    while (at < end) {
      if (this.#kinds.length > 1) at = this.#blanksFrom(bytes, at, end)
      if (at >= end) break
      const next = this.#record(bytes, at, end, this.#header ? this.#texts : this.#kinds)
      if (next === unfinished) return at
      if (next < 0) return undefined
      if (this.#header) this.#header = false
      else this.records += 1
      at = next
    }
    return at
  }

  /** A line without anything: neither DuckDB nor the record counter makes a record of it. */
  #blanksFrom(bytes: Uint8Array, from: number, end: number): number {
    let at = from
    if (!this.#isCrlf) while (at < end && bytes[at] === lf) at += 1
    else while (at < end && bytes[at] === cr && bytes[at + 1] === lf) at += 2
    return at
  }

  // The hottest of a CSV load. Numbers and comparisons only: a nanosecond per byte.
  #record(bytes: Uint8Array, from: number, end: number, kinds: Uint8Array): number {
    const lineStop = this.#isCrlf ? cr : lf
    let at = from
    const last = kinds.length - 1
    for (let column = 0; column <= last; column++) {
      const stop = column === last ? lineStop : this.#delimiter
      if (bytes[at] !== stop) {
        const kind = kinds[column]
        if (kind === 1) at = longEnd(bytes, at)
        else if (kind === 2) at = doubleEnd(bytes, at)
        else if (kind === 4) at = timestampEnd(bytes, at, end)
        else if (kind === 3) at = dateEnd(bytes, at, end)
        else at = bytes[at] === this.#quote ? this.#quotedEnd(bytes, at, end) : this.#textEnd(bytes, at)
        if (at < 0) return at
        if (bytes[at] !== stop) return notPlain
      } else if (last === 0) return notPlain
      at += 1
    }
    if (!this.#isCrlf) return at
    return bytes[at] === lf ? at + 1 : notPlain
  }

  #textEnd(bytes: Uint8Array, from: number): number {
    const stops = this.#stops
    let at = from
    while (stops[bytes[at] as number] === 0) at += 1
    return at
  }

  #quotedEnd(bytes: Uint8Array, from: number, end: number): number {
    for (let at = from + 1; at < end; at++) {
      const byte = bytes[at]
      if (byte === 0) return notPlain
      if (byte !== this.#quote) continue
      if (bytes[at + 1] !== this.#quote) return at + 1
      at += 1
    }
    return unfinished
  }
}

const notPlain = -1
/** The bytes end in quotes: what ends a line there ends no record. */
const unfinished = -2

function codeOf(character: string): number {
  return character === '' ? -1 : character.charCodeAt(0)
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine
}

/** As PostgreSQL and everybody prints it: no zero before other digits, no plus. */
function longEnd(bytes: Uint8Array, from: number): number {
  let at = from
  if (bytes[at] === minus) at += 1
  // A zero with a sign is not what a whole number is printed as.
  if (bytes[at] === zero) return at > from ? notPlain : at + 1
  if (!isDigit(bytes[at])) return notPlain
  do at += 1
  while (isDigit(bytes[at]))
  return at
}

/** Beyond it digits of a whole number are lost. */
const exactDigits = 15
const longestDouble = 100

function doubleEnd(bytes: Uint8Array, from: number): number {
  let at = from
  if (bytes[at] === minus) at += 1
  if (bytes[at] === zero) {
    at += 1
    if (at > from + 1 && bytes[at] !== point) return notPlain
  } else {
    if (!isDigit(bytes[at])) return notPlain
    do at += 1
    while (isDigit(bytes[at]))
  }
  if (bytes[at] !== point) return at - from > exactDigits ? notPlain : at
  at += 1
  if (!isDigit(bytes[at])) return notPlain
  do at += 1
  while (isDigit(bytes[at]))
  return at - from > longestDouble ? notPlain : at
}

/** `2026-01-31` */
function dateEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at + 10 >= end || bytes[at + 4] !== minus || bytes[at + 7] !== minus) return notPlain
  return twoDigits(bytes, at) && twoDigits(bytes, at + 2) && twoDigits(bytes, at + 5) && twoDigits(bytes, at + 8)
    ? at + 10
    : notPlain
}

const blank = 32
const letterT = 84
const mostFraction = 6

/** `2026-01-31 23:59:59`, or with a `T`, or with up to six digits of a second. */
function timestampEnd(bytes: Uint8Array, from: number, end: number): number {
  if (from + 19 >= end) return notPlain
  const day = dateEnd(bytes, from, end)
  if (day < 0 || (bytes[day] !== blank && bytes[day] !== letterT)) return notPlain
  if (bytes[from + 13] !== colon || bytes[from + 16] !== colon) return notPlain
  if (!twoDigits(bytes, from + 11) || !twoDigits(bytes, from + 14) || !twoDigits(bytes, from + 17)) return notPlain
  let at = from + 19
  if (bytes[at] !== point) return at
  at += 1
  const fraction = at
  while (isDigit(bytes[at])) at += 1
  return at === fraction || at - fraction > mostFraction ? notPlain : at
}

function twoDigits(bytes: Uint8Array, at: number): boolean {
  const a = bytes[at] as number
  const b = bytes[at + 1] as number
  return a >= zero && a <= nine && b >= zero && b <= nine
}
