import { expect, test } from 'vitest'
import * as z from 'zod'
import { queryDecoder } from './decode-query.ts'

const schema = z.strictObject({
  limit: z.int().min(1).default(50),
  paused: z.boolean().optional(),
  state: z
    .array(z.enum(['failed', 'crashed']))
    .max(9)
    .optional(),
  name: z.string().max(10).optional(),
})
const read = (query: string): unknown => {
  const params = new URLSearchParams(query)
  const raw = Object.fromEntries(
    [...new Set(params.keys())].map((name) => [
      name,
      params.getAll(name).length === 1 ? params.get(name) : params.getAll(name),
    ]),
  )
  const result = schema.safeParse(queryDecoder(schema)(raw))
  return result.success ? result.data : result.error.issues.map(({ path }) => path.join('.'))
}

test('texts are read as what the schema says they are', () => {
  expect(read('limit=5&paused=false&state=failed&state=crashed&name=12')).toStrictEqual({
    limit: 5,
    paused: false,
    state: ['failed', 'crashed'],
    name: '12',
  })
  expect(read('state=failed')).toStrictEqual({ limit: 50, state: ['failed'] })
})

test.each(['limit=', 'limit=1e3', 'limit=0x10', 'limit= 5', 'limit=1&limit=2', 'limit=Infinity'])(
  '%s is no number',
  (query) => {
    expect(read(query)).toStrictEqual(['limit'])
  },
)

test('what is given twice, misspelt or unknown is refused, not guessed', () => {
  expect(read('paused=1')).toStrictEqual(['paused'])
  expect(read('name=a&name=b')).toStrictEqual(['name'])
  expect(read('surplus=1')).toStrictEqual([''])
})
