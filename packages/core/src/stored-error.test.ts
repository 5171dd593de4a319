import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromStoredError, limits, Secret, SluiceError, type StoredError, toStoredError } from './index.ts'

class LoadFailed extends Error {
  readonly table = 'trips'
}

describe('a stored error', () => {
  test('keeps name, message, stack, code, cause and own properties', () => {
    const error = Object.assign(new TypeError('bad', { cause: new RangeError('inner') }), { code: 'E_BAD', row: 7 })
    expect(toStoredError(error)).toStrictEqual({
      name: 'TypeError',
      message: 'bad',
      code: 'E_BAD',
      stack: error.stack,
      cause: { name: 'RangeError', message: 'inner', stack: expect.stringContaining('RangeError: inner\n') },
      details: { row: 7 },
    })
  })

  test('of an error that never set a name has the name of its class, in the stack too', () => {
    expect(toStoredError(new LoadFailed('no'))).toMatchObject({
      name: 'LoadFailed',
      stack: expect.stringMatching(/^LoadFailed: no\n/),
      details: { table: 'trips' },
    })
    expect(toStoredError(new (class extends Error {})('no')).name).toBe('Error')
    expect(toStoredError(Object.assign(new Error('no'), { name: '' })).name).toBe('Error')
  })

  test('of an error of ours has its code and details', () => {
    expect(toStoredError(new SluiceError('STORE_FULL', { location: 'a.db' }))).toMatchObject({
      name: 'SluiceError',
      code: 'STORE_FULL',
      details: { location: 'a.db' },
    })
  })

  test('of an aggregate has all its errors', () => {
    const stored = toStoredError(new AggregateError([new TypeError('a'), 'b'], 'many'))
    expect(stored.errors?.map(({ name }) => name)).toStrictEqual(['TypeError', 'SluiceError'])
  })

  test('keeps a code that is not text among the details, and leaves out what says nothing', () => {
    expect(toStoredError(Object.assign(new Error('x'), { code: 2 }))).toMatchObject({ details: { code: 2 } })
    expect(Object.keys(toStoredError(Object.assign(new Error('x'), { stack: undefined })))).toStrictEqual([
      'name',
      'message',
    ])
  })

  test('knows an error of another realm', () => {
    expect(toStoredError(runInNewContext('new TypeError("elsewhere")'))).toMatchObject({
      name: 'TypeError',
      message: 'elsewhere',
    })
  })

  test.each([
    ['text', '"text"'.slice(1, -1)],
    [undefined, 'undefined'],
    [null, 'null'],
    [42, '42'],
    [{ status: 503 }, '{"status":503}'],
    [() => 1, 'function'],
    [Symbol('s'), 'symbol'],
  ])('of a thrown %s tells what it was, without a stack', (thrown, value) => {
    const stored = toStoredError(thrown)
    expect(stored).toMatchObject({ name: 'SluiceError', code: 'NON_ERROR_THROWN', details: { value } })
    expect(stored.message).toContain(`not an Error was thrown: ${value}.`)
    expect(stored).not.toHaveProperty('stack')
  })
})

describe('a stored error is bounded', () => {
  test('in message and stack, keeping the frames and no half of a character', () => {
    const error = new Error(`${'x'.repeat(limits.errorText - 1)}😀${'y'.repeat(100_000)}`)
    const { message, stack = '' } = toStoredError(error)
    expect(message).toMatch(/^x+… \(\d+ more characters\)$/)
    expect(stack.length).toBeLessThanOrEqual(limits.errorText + 1)
    expect(stack).toMatch(/^Error: xx[^]*…[^]*\n {4}at /)
    expect(message.isWellFormed() && stack.isWellFormed()).toBe(true)
  })

  test('in the depth of causes, also when an error is its own cause', () => {
    const error = new Error('loop')
    error.cause = error
    expect(chainOf(toStoredError(error))).toHaveLength(limits.errorDepth + 1)
  })

  test('in the number of errors, also when aggregates hold aggregates', () => {
    let error: Error = new Error('leaf')
    for (let level = 0; level < 12; level++)
      error = new AggregateError(
        Array.from({ length: 50 }, () => error),
        'many',
      )
    expect(countOf(toStoredError(error))).toBe(limits.errorCount)
  })

  test('so that a cause beyond the last error is left out', () => {
    const errors = Array.from({ length: 200 }, (_, index) => new Error(`e${index}`, { cause: new Error('c') }))
    const stored = toStoredError(new AggregateError(errors, 'many'))
    expect(countOf(stored)).toBe(limits.errorCount)
    expect(stored.errors?.at(-1)).not.toHaveProperty('cause')
  })

  test('in its properties', () => {
    const huge = Object.assign(new Error('x'), {
      response: { body: 'x'.repeat(1e6), rows: Array.from({ length: 1e5 }, () => ({ a: 1 })) },
    })
    expect(JSON.stringify(toStoredError(huge).details).length).toBeLessThan(4 * limits.errorText)
  })
})

describe('a stored error never tells a secret', () => {
  test('not in message, stack, code, cause, errors, name or properties', () => {
    expect(String(new Secret('s3cr3t-of-the-errors'))).toBe('********')
    const text = 'password=s3cr3t-of-the-errors'
    const cause = Object.assign(new Error(text), { code: text, name: text, url: { deep: [text] }, [text]: 1 })
    const stored = toStoredError(new AggregateError([cause, text, { text }], text, { cause }))
    expect(JSON.stringify(stored)).not.toContain('s3cr3t')
    expect(stored.message).toBe('password=********')
  })

  test('not even a half of one at the cut', () => {
    expect(String(new Secret('s3cr3t-at-the-cut'))).toBe('********')
    const { message } = toStoredError(new Error(`${'x'.repeat(limits.errorText - 8)}s3cr3t-at-the-cut`))
    expect(message).not.toContain('s3cr3t')
  })
})

describe('storing never throws', () => {
  const explosive = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('get')
    },
    ownKeys: () => {
      throw new Error('keys')
    },
    has: () => {
      throw new Error('has')
    },
  })
  const { proxy, revoke } = Proxy.revocable(new Error('x'), {})
  revoke()

  test.each<[string, unknown, Partial<StoredError>]>([
    ['a proxy whose every trap throws', explosive, { name: 'Error', message: '' }],
    ['a revoked proxy', proxy, { code: 'NON_ERROR_THROWN' }],
    [
      'a message that is no text',
      Object.assign(new Error(''), { message: Object.create(null) as string }),
      { message: '' },
    ],
    ['a message that is a number', Object.assign(new Error(''), { message: 7 }), { message: '7' }],
    ['a name that is no text', Object.assign(new Error('m'), { name: Symbol('n') }), { name: 'Symbol(n)' }],
    ['an error without a constructor', Object.setPrototypeOf(new Error('m'), null), { name: 'Error', message: 'm' }],
    [
      'an error whose constructor has no name',
      Object.assign(new Error('m'), { constructor: { name: 7 } }),
      { name: 'Error' },
    ],
    ['errors that cannot be listed', Object.assign(new AggregateError([], 'm'), { errors: 7 }), { errors: [] }],
  ])('not for %s', (_, error, expected) => {
    expect(toStoredError(error)).toMatchObject(expected)
  })

  test('not for anything at all, and what it gives is JSON that revives', () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc.tuple(fc.anything(), fc.object()).map(([cause, own]) => Object.assign(new Error('m', { cause }), own)),
    )
    fc.assert(
      fc.property(thrown, (value) => {
        const stored = toStoredError(value)
        expect(JSON.parse(JSON.stringify(stored))).toEqual(stored)
        expect(toStoredError(fromStoredError(stored)).message).toBe(stored.message)
      }),
    )
  })
})

describe('a revived error', () => {
  test.each([
    new Error('plain'),
    new TypeError('with a cause', { cause: new RangeError('inner') }),
    Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', errno: -2, path: '/a' }),
    new SluiceError('TASK_TIMEOUT', { task: 'extract' }, { cause: new Error('inner') }),
    new AggregateError([new SyntaxError('a'), new Error('b')], 'many'),
  ])('prints like the original: %s', (original) => {
    const revived = fromStoredError(toStoredError(original))
    expect(inspect(revived)).toBe(inspect(original))
    expect(String(revived)).toBe(String(original))
  })

  test.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    'is a %o again',
    (its) => {
      const revived = fromStoredError(toStoredError(new its('m')))
      expect(Object.getPrototypeOf(revived)).toBe(its.prototype)
    },
  )

  test('of a platform class that cannot be made anew keeps its name', () => {
    const revived = fromStoredError(toStoredError(new DOMException('took too long', 'TimeoutError')))
    expect(String(revived)).toBe('TimeoutError: took too long')
    expect(inspect(revived)).toMatch(/^Error \[TimeoutError\]: took too long\n/)
  })

  test('is one of ours again, with the message it was stored with', () => {
    const revived = fromStoredError({
      name: 'SluiceError',
      message: 'as of then',
      code: 'STORE_FULL',
      details: { location: 'x' },
    })
    expect(revived).toBeInstanceOf(SluiceError)
    expect(revived).toMatchObject({ message: 'as of then', code: 'STORE_FULL', details: { location: 'x' } })
  })

  test('of a code that only a newer version knows is a plain Error with that code', () => {
    const revived = fromStoredError({ name: 'SluiceError', message: 'new', code: 'FROM_THE_FUTURE', details: { a: 1 } })
    expect(revived).not.toBeInstanceOf(SluiceError)
    expect(revived).toMatchObject({ name: 'SluiceError', code: 'FROM_THE_FUTURE', a: 1 })
  })

  test('of author code has the name, not the class', () => {
    const revived = fromStoredError(toStoredError(new LoadFailed('no')))
    expect(revived).not.toBeInstanceOf(LoadFailed)
    expect(revived).toMatchObject({ name: 'LoadFailed', message: 'no', table: 'trips' })
  })

  test('without a stored stack begins its stack with what it says', () => {
    expect(fromStoredError({ name: 'Odd', message: 'm' }).stack).toBe('Odd: m')
  })

  test('does not let stored properties replace what every error has', () => {
    const details = JSON.parse('{ "message": "other", "stack": "other", "__proto__": { "polluted": true } }') as Record<
      string,
      unknown
    >
    const revived = fromStoredError({ name: 'Error', message: 'm', details })
    expect(revived.message).toBe('m')
    expect('polluted' in revived).toBe(false)
  })
})

function chainOf(stored: StoredError | undefined): StoredError[] {
  return stored === undefined ? [] : [stored, ...chainOf(stored.cause)]
}

function countOf(stored: StoredError): number {
  return [stored.cause, ...(stored.errors ?? [])].reduce(
    (sum, next) => sum + (next === undefined ? 0 : countOf(next)),
    1,
  )
}
