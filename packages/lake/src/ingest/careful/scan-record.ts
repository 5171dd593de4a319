/** One record, as far as its bytes tell. Positions are in the buffer. */
export interface ScannedRecord {
  /** `more`: the buffer ends before it does. */
  readonly outcome: 'record' | 'more' | 'broken'
  /** Where its text ends, without the line end. Of a broken one: where the quote opens that is not closed. */
  end: number
  /** Where the next one begins. */
  next: number
  /** How many values it has. */
  values: number
  /** Where the value with the number `columns` ends. */
  cut: number
  /** Whether a quoted value has a line end in it. */
  multiline: boolean
  /** Whether a value that is not quoted has a quote or a carriage return in it: readers disagree about these. */
  odd: boolean
}

export interface RecordRules {
  readonly delimiter: number
  /** −1: nothing is quoted. */
  readonly quote: number
  readonly escape: number
  readonly columns: number
  /** Whether a carriage return alone ends a line: in files that have nothing else. */
  readonly loneCarriage: boolean
}

const newline = 10
const carriage = 13

/** Reads one record from `start`: a quote opens at a value's beginning only, and closes before a delimiter or a line end. */
export function scanRecord(
  bytes: Buffer,
  start: number,
  limit: number,
  last: boolean,
  rules: RecordRules,
): ScannedRecord {
  const found: ScannedRecord = { outcome: 'record', end: 0, next: 0, values: 1, cut: -1, multiline: false, odd: false }
  let at = start
  for (;;) {
    if (bytes[at] === rules.quote && at < limit) {
      const close = closingQuote(bytes, at, limit, rules)
      if (close < 0) return last || limit - start > longestRecord ? broken(at) : more
      if (!found.multiline) found.multiline = hasLineEnd(bytes, at, close)
      const open = at
      at = close + 1
      if (at < limit && !endsValue(bytes, at, limit, last, rules)) return broken(open)
    } else at = plainValue(bytes, at, limit, rules, found)
    if (at >= limit && !last) return limit - start > 8 * longestRecord ? broken(start) : more
    if (found.values === rules.columns) found.cut = at
    if (at < limit && bytes[at] === rules.delimiter) {
      found.values += 1
      at += 1
      continue
    }
    found.end = at
    if (bytes[at] === carriage && at < limit) {
      if (at + 1 >= limit && !last) return more
      at += bytes[at + 1] === newline && at + 1 < limit ? 2 : 1
    } else at += 1
    found.next = Math.min(at, limit)
    return found
  }
}

/** What DuckDB takes as one record. */
export const longestRecord = 2_000_000

const more: ScannedRecord = { outcome: 'more', end: 0, next: 0, values: 0, cut: -1, multiline: false, odd: false }

function broken(open: number): ScannedRecord {
  return { ...more, outcome: 'broken', end: open }
}

function closingQuote(bytes: Buffer, open: number, limit: number, { quote, escape }: RecordRules): number {
  let at = open + 1
  for (;;) {
    const close = bytes.indexOf(quote, at)
    if (close < 0 || close >= limit) return -1
    if (escape !== quote) {
      let escapes = 0
      while (bytes[close - 1 - escapes] === escape && close - 1 - escapes > open) escapes += 1
      if (escapes % 2 === 0) return close
      at = close + 1
    } else if (bytes[close + 1] === quote && close + 1 < limit) at = close + 2
    else return close
  }
}

function endsValue(bytes: Buffer, at: number, limit: number, last: boolean, rules: RecordRules): boolean {
  const byte = bytes[at]
  if (byte === rules.delimiter || byte === newline) return true
  if (byte !== carriage) return false
  return at + 1 >= limit ? !last || rules.loneCarriage : bytes[at + 1] === newline || rules.loneCarriage
}

/** Where a value that is not quoted ends. */
function plainValue(bytes: Buffer, from: number, limit: number, rules: RecordRules, found: ScannedRecord): number {
  const { delimiter, quote } = rules
  for (let at = from; at < limit; at++) {
    const byte = bytes[at]
    if (byte === delimiter || byte === newline) return at
    if (byte === quote) found.odd = true
    else if (byte === carriage) {
      if (at + 1 >= limit || bytes[at + 1] === newline || rules.loneCarriage) return at
      found.odd = true
    }
  }
  return limit
}

// Within the value only: a search for what is not there goes on to the end of the buffer.
function hasLineEnd(bytes: Buffer, from: number, to: number): boolean {
  const value = bytes.subarray(from, to)
  return value.includes(newline) || value.includes(carriage)
}
