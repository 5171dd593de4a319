import { isSluiceError, Secret } from '@sluice/core'
import { expect, test } from 'vitest'
import { parsePostgresUrl } from './parse-url.ts'
import { describeSettings } from './settings.ts'

test('a URL gives host, port, user, database and a password that does not print', () => {
  const { password, ...rest } = parsePostgresUrl(
    'postgres://ada:p%40ss%2Fword@db.example:6543/ny_taxi?application_name=etl&connect_timeout=3',
  )
  expect(rest).toEqual({
    host: 'db.example',
    port: 6543,
    user: 'ada',
    database: 'ny_taxi',
    applicationName: 'etl',
    connectTimeout: '3s',
  })
  expect(password).toBeInstanceOf(Secret)
  expect(password instanceof Secret && password.reveal()).toBe('p@ss/word')
})

test.each([
  ['postgres:///taxi?host=/run/pg', '/run/pg:5432/taxi'],
  ['postgres://ada@/taxi?host=/run/pg&port=5433', 'ada@/run/pg:5433/taxi'],
  ['postgresql://ada@%2Frun%2Fpg/taxi', 'ada@/run/pg:5432/taxi'],
  ['postgres://ada:x@[::1]:5432/taxi', 'ada@::1:5432/taxi'],
  ['postgres://localhost', 'localhost:5432/'],
])('%s is %s', (url, location) => {
  expect(describeSettings(parsePostgresUrl(url))).toBe(location)
})

test.each([
  ['disable', false],
  ['require', true],
  ['verify-full', true],
  ['no-verify', { rejectUnauthorized: false }],
])('sslmode=%s asks for TLS %o', (mode, ssl) => {
  expect(parsePostgresUrl(`postgres://h/d?sslmode=${mode}`).ssl).toEqual(ssl)
})

test.each([
  'mysql://ada:hunter22@h/d',
  'postgres://ada:hunter22@h:port/d',
  'postgres://ada:hunter22@h/d?schema=public',
  'postgres://ada:hunter22@h/d?sslmode=prefer',
  'postgres://ada:hunter22%zz@h/d',
  'ada:hunter22@h/d',
])('a URL that cannot be read is refused without repeating its password: %#', (url) => {
  const error = errorOf(() => parsePostgresUrl(url))
  expect(isSluiceError(error, 'OPTION_INVALID')).toBe(true)
  expect(JSON.stringify(error) + String(error)).not.toContain('hunter22')
})

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
