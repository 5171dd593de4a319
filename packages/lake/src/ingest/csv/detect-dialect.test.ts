import { expect, test } from 'vitest'
import { detectDialect } from './detect-dialect.ts'

test.each([
  ['commas', 'a,b\n1,2\n', { delimiter: ',', header: true, columns: ['a', 'b'] }],
  ['semicolons around decimal commas', 'x;y\n1,5;2,5\n3,5;4\n', { delimiter: ';', columns: ['x', 'y'] }],
  ['tabs', 'a\tb, c\n1\t2\n', { delimiter: '\t', columns: ['a', 'b, c'] }],
  ['bars', 'a|b\n1|2\n', { delimiter: '|' }],
  ['one column', 'name\nx\ny\n', { delimiter: ',', columns: ['name'] }],
  ['delimiters in quotes', '"a;b","c"\n"1;2;3","4"\n', { delimiter: ',', columns: ['a;b', 'c'] }],
  ['apostrophes for quotes', "a,b\n'x, y','z'\n", { quote: "'", columns: ['a', 'b'] }],
  ['backslashes', 'a,b\n"say \\"hi\\"",1\n', { escape: '\\' }],
  ['no names', '1,x\n2,y\n', { header: false, columns: ['column_1', 'column_2'] }],
  ['a day first', '2024-01-01,x\n2024-01-02,y\n', { header: false }],
  ['names with a space around', ' a , b \n1,2\n', { columns: ['a', 'b'] }],
  ['a name that is missing', ',b\n0,2\n', { header: true, columns: ['', 'b'] }],
  ['names only', 'a,b', { header: true, columns: ['a', 'b'] }],
  ['nothing', '', { columns: [] }],
])('a file with %s is told as that', (_, text, expected) => {
  expect(detectDialect(text, true, {})).toMatchObject(expected)
})

test('what is said is not guessed', () => {
  const options = { delimiter: ';', header: false, quote: "'", nullText: ['NA'] }
  expect(detectDialect('a,b;c\n', true, options)).toMatchObject({ ...options, columns: ['column_1', 'column_2'] })
})

test('a record that the sample cuts says nothing', () => {
  expect(detectDialect('a,b\n1,2\n3,4,5', false, {})).toMatchObject({ columns: ['a', 'b'] })
})
