import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ErrorCode, errorCodes, type ErrorDetails, isSluiceError, SluiceError } from './index.ts'

const codes = Object.keys(errorCodes) as ErrorCode[]

describe('an error of Sluice', () => {
  test('carries code, details, cause, and says what happened and what to do next', () => {
    const cause = new Error('inner')
    const error = new SluiceError('TASK_TIMEOUT', { task: 'extract', after: '30s' }, { cause })
    expect(error.message).toBe("Task 'extract' did not finish within 30s. Raise `timeout`, or make the work smaller.")
    expect(error).toMatchObject({
      name: 'SluiceError',
      code: 'TASK_TIMEOUT',
      details: { task: 'extract', after: '30s' },
      cause,
    })
    expect(error).toBeInstanceOf(Error)
  })

  test('prints its code and details and nothing internal', () => {
    const printed = inspect(new SluiceError('RUN_NOT_FOUND', { run: '0198' }))
    expect(printed).toMatch(/^SluiceError: There is no run '0198'\. List the runs/)
    expect(printed).toMatch(/\{\s+code: 'RUN_NOT_FOUND',\s+details: \{ run: '0198' \}\s+\}$/)
  })

  test('has an empty set of details when it was given none', () => {
    expect(new SluiceError('STORE_FULL').details).toStrictEqual({})
  })

  test('is recognised by brand and by code', () => {
    const error = new SluiceError('STORE_FULL')
    const foreign = Object.create({ [Symbol.for('sluice.error')]: true }, { code: { value: 'STORE_FULL' } }) as object
    const broken = Object.create({ [Symbol.for('sluice.error')]: true }) as object
    expect([error, foreign].map((its) => isSluiceError(its))).toStrictEqual([true, true])
    expect([error, foreign].map((its) => isSluiceError(its, 'STORE_FULL'))).toStrictEqual([true, true])
    expect([error, foreign, broken].map((its) => isSluiceError(its, 'RUN_FENCED'))).toStrictEqual([false, false, false])
    expect(
      [new Error('STORE_FULL'), { code: 'STORE_FULL' }, null, undefined, 'STORE_FULL'].map((its) => isSluiceError(its)),
    ).not.toContain(true)
  })
})

test('a key that differs is said to be where it came from', () => {
  const messageOf = (details: ErrorDetails) => new SluiceError('SERVER_KEY_MISMATCH', details).message
  expect(messageOf({ variable: 'SLUICE_SECRET_KEY' })).toContain('another key than that in SLUICE_SECRET_KEY. ')
  expect(messageOf({ home: '.sluice' })).toContain('another key than that of the home .sluice. ')
})

test('what is missing or wrong is said by its name, where that is known', () => {
  const messageOf = (code: ErrorCode, details: ErrorDetails) => new SluiceError(code, details).message
  expect(messageOf('TABLE_NOT_FOUND', { table: 'bronze.trips' })).toContain("has no table 'bronze.trips'. ")
  expect(messageOf('LOAD_ROW_INVALID', { row: 7 })).toContain('Row 7 cannot be loaded. ')
  expect(messageOf('FILTER_UNSUPPORTED', { of: 'events', filter: 'key' })).toContain('Events cannot be filtered')
})

test('a table that is not there is told by what is: nothing yet, a view, or a name like it', () => {
  const told = (details: ErrorDetails): string =>
    new SluiceError('TABLE_NOT_FOUND', details).message.split('. ')[0] ?? ''
  expect(told({ table: 'a.trps', near: 'a.trips' })).toBe("The lake has no table 'a.trps' (did you mean 'a.trips'?)")
  expect(told({})).toBe('The lake has no such table')
  expect(told({ table: 'a.b', none: true })).toBe("There is no lake here yet, and so no table 'a.b'")
  expect(told({ none: true })).toBe('There is no lake here yet')
  expect(told({ table: 'a.v', view: true })).toMatch(/^'a\.v' is a view, not a table: .*`lake view a\.v --drop`/)
  const invalid = new SluiceError('TABLE_NAME_INVALID', { table: 'trips', near: 'bronze.trips' })
  expect(invalid.message).toContain("(did you mean 'bronze.trips'?)")
})

describe('the message of every code', () => {
  const wellWritten = /^[A-Z`][^]*[.!?…] [A-Z][^]*\.$/
  const sentences = /^[^]+[.!?…] [A-Z][^]*\.$/
  const awkward = /undefined|null|NaN|\[object|\s\s| \.|\.\.|''|: \.|:\.|\(\)/

  test.each(codes)('%s reads well without any details', (code) => {
    const { message } = new SluiceError(code)
    expect(message).toMatch(wellWritten)
    expect(message).not.toMatch(awkward)
    expect(message.length).toBeLessThan(250)
  })

  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
  const names = [
    'task',
    'flow',
    'run',
    'id',
    'prefix',
    'option',
    'of',
    'duration',
    'given',
    'parameter',
    'from',
    'to',
    'path',
    'kind',
    'ref',
    'value',
    'what',
    'after',
    'epoch',
    'location',
    'matches',
    'state',
    'owner',
    'limit',
    'first',
    'found',
    'known',
    'home',
    'wait',
    'key',
    'file',
    'flows',
    'database',
    'secret',
    'needed',
    'problem',
    'reason',
    'bytes',
    'source',
    'issues',
    'host',
    'origin',
    'method',
    'allowed',
    'url',
    'pool',
    'queue',
    'token',
    'block',
  ]
  const someDetails = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(word, fc.nat(), fc.array(word, { maxLength: 4 })),
    { noNullPrototype: true },
  )

  test('reads well with any of its details', () => {
    fc.assert(
      fc.property(fc.constantFrom(...codes), someDetails, (code, details) => {
        const { message } = new SluiceError(code, details)
        expect(message).toMatch(sentences)
        expect(message).not.toMatch(awkward)
      }),
      { numRuns: 2_000 },
    )
  })

  test('never throws and never grows without bound, whatever the details', () => {
    const anyDetails = fc.dictionary(
      fc.constantFrom(...names),
      fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...codes), anyDetails, (code, details) => {
        expect(new SluiceError(code, details).message.length).toBeLessThan(3_000)
      }),
      { numRuns: 2_000 },
    )
  })

  test('does without details that cannot be read', () => {
    const details = {
      get task(): never {
        throw new Error('no')
      },
    }
    expect(new SluiceError('TASK_TIMEOUT', details).message).toMatch(/^A task did not finish/)
  })
})

const circular: unknown[] = []
circular.push(circular)

describe('details are told as people read them', () => {
  test.each<[string, ErrorCode, ErrorDetails]>([
    [
      "Option 'retrys' of task 'x' is not known (did you mean 'retries'?).",
      'OPTION_UNKNOWN',
      { option: 'retrys', of: "task 'x'", known: ['retries', 'timeout'] },
    ],
    [
      "Option 'color' is not known; there are retries, timeout.",
      'OPTION_UNKNOWN',
      { option: 'color', known: ['retries', 'timeout'] },
    ],
    ["Option 'color' is not known.", 'OPTION_UNKNOWN', { option: 'color', known: [] }],
    [
      'An option of task x is invalid: it is not an object.',
      'OPTION_INVALID',
      { of: 'task x', problem: 'it is not an object.' },
    ],
    ["'' is not a duration.", 'DURATION_INVALID', { duration: '' }],
    ["There is no wait 'approve'.", 'WAIT_NOT_FOUND', { wait: 'approve' }],
    ["The idempotency key 'monday' was used before", 'IDEMPOTENCY_CONFLICT', { key: 'monday' }],
    ["The answer to 'approve' is invalid: bad.", 'PARAMETERS_INVALID', { wait: 'approve', issues: ['bad'] }],
    [
      "Table 'a.b' has no column called c; it has x, y.",
      'TABLE_COLUMN_UNKNOWN',
      { table: 'a.b', column: 'c', known: 'x, y' },
    ],
    [
      "The parameters of flow 'etl' are invalid: months[0]: expected int; color.name: invalid.",
      'PARAMETERS_INVALID',
      {
        flow: 'etl',
        issues: [
          { path: ['months', 0], message: 'expected int' },
          { path: [{ key: 'color' }, 'name'], message: '' },
        ],
      },
    ],
    [
      'The parameters of a flow are invalid: bad; invalid; wrong; a.b: c.',
      'PARAMETERS_INVALID',
      { issues: ['bad', null, { message: 'wrong' }, { path: 'a.b', message: 'c' }] },
    ],
    [
      '[0]: m; [1]: m; [2]: m; [3]: m; [4]: m; and 4 more.',
      'PARAMETERS_INVALID',
      { issues: Array.from({ length: 9 }, (_, index) => ({ path: [index], message: 'm' })) },
    ],
    ['The parameters of a flow are invalid.', 'PARAMETERS_INVALID', { issues: [] }],
    [
      "Task 'load' returned 12,345,678 bytes and the limit is 1,000 bytes.",
      'RESULT_TOO_LARGE',
      { task: 'load', bytes: 12_345_678, limit: 1_000 },
    ],
    [
      "Task 'load' returned a value that cannot be stored at result.cb: it is the function cb.",
      'RESULT_UNSERIALIZABLE',
      { task: 'load', path: 'result.cb', kind: 'the function cb' },
    ],
    ['args[0] cannot be hashed: it is an instance of Client.', 'INPUT_UNHASHABLE', { path: 'args[0]', kind: 'Client' }],
    ['args[0] cannot be hashed: it is nested too deeply.', 'INPUT_UNHASHABLE', { path: 'args[0]', kind: 'too deep' }],
    [
      'The items given to load.map cannot be iterated: it is undefined.',
      'MAP_NOT_ITERABLE',
      { task: 'load', kind: 'undefined' },
    ],
    [
      'The items given to load.map cannot be iterated: it is an object.',
      'MAP_NOT_ITERABLE',
      { task: 'load', kind: 'object' },
    ],
    [
      'The store at a.db was written by a newer Sluice: its schema is 9 and this one knows 3.',
      'STORE_TOO_NEW',
      { location: 'a.db', found: 9, known: 3 },
    ],
    [
      '01 is the beginning of several ids: 01a, 01b, […].',
      'AMBIGUOUS_ID',
      { prefix: '01', matches: ['01a', '01b', ['nested']] },
    ],
    ['01 is the beginning of several ids: […].', 'AMBIGUOUS_ID', { prefix: '01', matches: circular }],
    ["Run '7' crashed: out of memory.", 'RUN_CRASHED', { run: 7, reason: new Error('out of memory') }],
    ['A run crashed: {"signal":"SIGKILL"}.', 'RUN_CRASHED', { reason: { signal: 'SIGKILL' } }],
    ['A run crashed: a value that cannot be shown.', 'RUN_CRASHED', { reason: { big: 1n } }],
    ['A run crashed: a value.', 'RUN_CRASHED', { reason: { toJSON: () => undefined } }],
    ['A run crashed: {}.', 'RUN_CRASHED', { reason: runInNewContext('new Error("elsewhere")') as unknown }],
    [`A run crashed: ${'x'.repeat(300)}…`, 'RUN_CRASHED', { problem: 'x'.repeat(400) }],
    ['A limit is declared in two ways.', 'LIMIT_CONFLICT', { limit: null }],
  ])('%s', (expected, code, details) => {
    expect(new SluiceError(code, details).message).toContain(`${expected} `)
  })
})
