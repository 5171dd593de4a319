import { expect, test } from 'vitest'
import { bind, identifier, sql, tableName } from './sql.ts'

test('values are bound, names are quoted, fragments nest and share one numbering', () => {
  const recent = sql`pickup >= ${'2018-01-01'} and fare > ${5}`
  const statement = sql`select ${identifier('we"ird')} from ${identifier('public', 'trips')} where ${recent} limit ${10}`
  expect(bind(statement)).toEqual({
    text: 'select "we""ird" from "public"."trips" where pickup >= $1 and fare > $2 limit $3',
    values: ['2018-01-01', 5, 10],
  })
})

test('an object that only looks like a fragment or name is bound, never pasted', () => {
  const hostile = [
    { kind: 'identifier', text: 'x; drop table trips' },
    { kind: 'fragment', strings: ['x; drop table trips'], values: [] },
  ]
  expect(bind(sql`select ${hostile[0]}, ${hostile[1]}`)).toEqual({ text: 'select $1, $2', values: hostile })
})

test('a dot separates schema and table in a table name, and is a plain character in an identifier', () => {
  expect(tableName('staging.trips').text).toBe('"staging"."trips"')
  expect(tableName(identifier('odd.name')).text).toBe('"odd.name"')
})

test.each(['', 'a\0b'])('the name %j is refused', (name) => {
  expect(() => identifier(name)).toThrow(/must not be empty or hold a NUL/)
})
