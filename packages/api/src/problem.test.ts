import { errorCodes, type ErrorCode, SluiceError } from '@sluice/core'
import { expect, test } from 'vitest'
import { problem as schema } from './entities/problem.ts'
import { fromProblem, toProblem } from './problem.ts'

test.each(Object.keys(errorCodes) as ErrorCode[])(
  '%s becomes a document of its own schema, with a status that is an error',
  (code) => {
    const told = toProblem(new SluiceError(code))
    expect(schema.parse(told)).toStrictEqual(told)
    expect(told.status).toBeGreaterThanOrEqual(400)
    expect(told).toMatchObject({ code, type: `/api/docs/errors#${code}` })
  },
)

test('an error comes out of its document as it went in', () => {
  const error = new SluiceError('PARAMETERS_INVALID', {
    flow: 'etl',
    issues: [{ path: ['months', 0], message: 'expected int' }],
  })
  const told = toProblem(error)
  expect(told.errors).toStrictEqual([{ path: 'months.0', message: 'expected int' }])
  const back = fromProblem(JSON.parse(JSON.stringify(told)))
  expect(back).toMatchObject({ code: error.code, details: error.details, message: error.message })
  expect(back).toBeInstanceOf(SluiceError)
})

test('what nobody foresaw says nothing about itself, nor does a store about where it is', () => {
  expect(toProblem(new Error('secret'), 'urn:1')).toMatchObject({ code: 'INTERNAL', status: 500, instance: 'urn:1' })
  expect(JSON.stringify(toProblem(new Error('secret')))).not.toContain('secret')
  const away = toProblem(new SluiceError('STORE_UNAVAILABLE', { location: 'db.internal' }))
  expect(JSON.stringify(away)).not.toContain('db.internal')
  const gone = toProblem(new SluiceError('RESULT_MISSING', { ref: 'r', file: '/srv/x' }))
  expect([gone.details, JSON.stringify(gone).includes('/srv')]).toStrictEqual([{ ref: 'r' }, false])
})

test('a code of a newer server stays readable; what is no problem is none', () => {
  const newer = fromProblem({ code: 'FROM_THE_FUTURE', detail: 'Something.', next: 'Update.' })
  expect(newer).toMatchObject({ code: 'FROM_THE_FUTURE', message: 'Something. Update.' })
  for (const body of [null, 'text', {}, { code: 7 }]) expect(fromProblem(body)).toBeUndefined()
})
