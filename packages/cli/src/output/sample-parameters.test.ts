import { expect, test } from 'vitest'
import * as z from 'zod'
import { parseAssignments } from '../runs/parameters.ts'
import { neededParameters, sampleParameters } from './sample-parameters.ts'

test('a flow that needs parameters gets them in its hint, each of its type', () => {
  const parameters = z.object({
    path: z.string(),
    url: z.url(),
    month: z.int().min(3),
    color: z.enum(['yellow', 'green']),
    days: z.array(z.int()).min(1),
    from: z.object({ host: z.string(), port: z.int().default(1) }),
    dry: z.boolean(),
    limit: z.int().default(5),
  })
  const schema = z.toJSONSchema(parameters, { io: 'input' })
  const hint = sampleParameters(schema)
  expect(hint).toContain(' -p path=text -p ')
  expect(hint).not.toContain('limit')
  const given = hint.split(' -p ').slice(1)
  const unquoted = given.map((each) => each.replace(/='(.*)'$/, '=$1'))
  expect(parameters.safeParse(parseAssignments(unquoted))).toMatchObject({ success: true })
})

test('what a deployment sets is not needed again, and nothing is where there is no schema', () => {
  const schema = z.toJSONSchema(z.object({ a: z.string(), b: z.int() }))
  expect(neededParameters(schema, { a: 'x' })).toEqual(['b'])
  expect(sampleParameters(schema, { a: 'x', b: 2 })).toBe('')
  expect(sampleParameters(null)).toBe('')
})
