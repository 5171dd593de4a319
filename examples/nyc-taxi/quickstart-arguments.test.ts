import { expect, test } from 'vitest'
import { quickstartArguments } from './quickstart-arguments.ts'

test.each([
  [['--rowz', '3'], "Unknown option '--rowz'"],
  [['--rows'], "Option '--rows <value>' argument missing"],
  [['--rows', 'many'], "--rows takes a whole number from 1, not 'many'"],
  [['--rows=0'], "--rows takes a whole number from 1, not '0'"],
  [['april'], "Unexpected argument 'april'"],
])('%j is answered with what is wrong and the options that there are', (args, problem) => {
  const asked = quickstartArguments(args)
  expect(asked).toMatchObject({ exitCode: 2 })
  const [line, ...rest] = 'text' in asked ? asked.text.split('\n') : []
  expect(line).toBe(problem)
  expect(rest.join('\n')).toContain('--rows       rows of a generated month')
})

test('help is no mistake', () => {
  expect(quickstartArguments(['--help'])).toMatchObject({ exitCode: 0, text: expect.stringContaining('--steady') })
})

test('a failure is simulated unless it is to be steady', () => {
  expect(quickstartArguments([])).toMatchObject({ options: { source: 'auto', rows: 100_000, flaky: true } })
  expect(quickstartArguments(['--steady', '--rows=3'])).toMatchObject({ options: { rows: 3, flaky: false } })
})
