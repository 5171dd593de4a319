import { expect, test } from 'vitest'
import { withoutServer } from './without-server.ts'

const answers = (...codes: readonly string[]) => ({
  state: { type: 'running', name: 'Running', at: '2026-01-01T00:00:00.000Z', message: null } as never,
  answers: codes.map((code) => ({ code, message: 'so', next: 'Wait.' })),
})

test('where no server runs, that comes first, and no worker is promised to go on', () => {
  const { answers: told } = withoutServer(answers('LIMIT_FULL', 'LEASE_PASSED'))
  expect(told.map(({ code }) => code)).toEqual(['NO_SERVER', 'LIMIT_FULL', 'LEASE_PASSED'])
  expect(told.map(({ next }) => next)).toEqual([expect.stringContaining('server start'), 'Wait.', ''])
})

test('a run that ended, or that a script has, needs no server', () => {
  for (const code of ['COMPLETED', 'RUNNING', 'PAUSED', 'CANCELLING']) {
    const given = answers(code)
    expect(withoutServer(given)).toBe(given)
  }
})
