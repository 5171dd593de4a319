/** A type that text may turn out to be. */
export type TextType = 'boolean' | 'long' | 'decimal(38, 0)' | 'double' | 'date' | 'time' | 'timestamp' | 'timestamptz'

/** The narrowest first: a column has the first that fits all its values. */
export const textTypes: readonly TextType[] = [
  'boolean',
  'long',
  'decimal(38, 0)',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamptz',
]

const zone = String.raw`(?:Z|[+-]\d\d(?::?\d\d)?)`
const dayAndTime = String.raw`\d{4,6}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6}0*)?)?`
const double = (c: string): string => `TRY_CAST(${c} AS DOUBLE)`

/**
 * The value of a text, were its column of this type; null where the text is written otherwise. Stricter than DuckDB's casts: a
 * text is a number only as one would write a number. `007`, `+49…` and `1_000` stay texts, an integer that a double cannot hold
 * is no double, `2.5` is no integer (DuckDB would round it), a time with more than microseconds is no time (it would cut it).
 */
export function inferredSql(type: TextType, c: string): string {
  return written[type](c)
}

const written: Readonly<Record<TextType, (c: string) => string>> = {
  boolean: (c) => `CASE lower(${c}) WHEN 'true' THEN true WHEN 'false' THEN false END`,
  long: (c) => `CASE WHEN CAST(TRY_CAST(${c} AS BIGINT) AS VARCHAR) = ${c} THEN TRY_CAST(${c} AS BIGINT) END`,
  'decimal(38, 0)': (c) =>
    `CASE WHEN CAST(TRY_CAST(${c} AS DECIMAL(38, 0)) AS VARCHAR) = ${c} THEN TRY_CAST(${c} AS DECIMAL(38, 0)) END`,
  double: (c) => `CASE WHEN ${leadingZero(c)} OR (${c} >= '+' AND ${c} < ',') THEN NULL ELSE ${exactDouble(c)} END`,
  date: (c) =>
    `CASE WHEN strlen(${c}) >= 10 AND CAST(TRY_CAST(${c} AS DATE) AS VARCHAR) = ${c} THEN TRY_CAST(${c} AS DATE) END`,
  time: (c) =>
    `CASE WHEN regexp_full_match(${c}, '\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?') THEN TRY_CAST(${c} AS TIME) END`,
  timestamp: (c) =>
    `CASE WHEN ${plainTimestamp(c)} OR regexp_full_match(${c}, '${dayAndTime}') THEN TRY_CAST(${c} AS TIMESTAMP) END`,
  timestamptz: (c) =>
    `CASE WHEN regexp_full_match(${c}, '${dayAndTime} ?${zone}') THEN TRY_CAST(${c} AS TIMESTAMPTZ) END`,
}

/** A double that says what the text says: no infinity that is not written, no integer that loses digits. */
export function exactDouble(c: string): string {
  const digits = `strlen(${c}) > 15 AND NOT contains(${c}, '.') AND regexp_full_match(trim(${c}), '[+-]?\\d+')`
  const whole = `TRY_CAST(TRY_CAST(${c} AS HUGEINT) AS DOUBLE)`
  return (
    `CASE WHEN contains(${c}, '_') OR (isinf(${double(c)}) AND NOT regexp_full_match(trim(${c}), '(?i)[+-]?inf(?:inity)?')) ` +
    `OR (${digits} AND CAST(${whole} AS HUGEINT) IS DISTINCT FROM TRY_CAST(${c} AS HUGEINT)) THEN NULL ELSE ${double(c)} END`
  )
}

/** `2018-01-11 18:24:44`: by far the most, told without a pattern. */
function plainTimestamp(c: string): string {
  return `(strlen(${c}) = 19 AND ${c}[17] = ':')`
}

// '0:' is what follows '09' in the order of texts: comparing is cheaper than a pattern.
function leadingZero(c: string): string {
  return `(${c} >= '00' AND ${c} < '0:') OR (${c} >= '-00' AND ${c} < '-0:')`
}
