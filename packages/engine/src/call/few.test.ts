import { expect, test } from 'vitest'
import { type Few, forEachMember, withMember, withoutMember } from './few.ts'

const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]

function membersOf(few: Few<{ name: string }>): string[] {
  const names: string[] = []
  forEachMember(few, ({ name }) => names.push(name))
  return names
}

test('none, one or many members are visited in the order in which they came', () => {
  expect(membersOf(undefined)).toEqual([])
  expect(membersOf(withMember(undefined, a))).toEqual(['a'])
  expect(membersOf(withMember(withMember(withMember(undefined, a), b), c))).toEqual(['a', 'b', 'c'])
})

test('a member that comes again is one member', () => {
  expect(membersOf(withMember(withMember(undefined, a), a))).toEqual(['a'])
  expect(membersOf(withMember(withMember(withMember(undefined, a), b), a))).toEqual(['a', 'b'])
})

test('what is taken out is gone, what was never in stays out', () => {
  expect(membersOf(withoutMember<{ name: string }>(undefined, a))).toEqual([])
  expect(membersOf(withoutMember(withMember(undefined, a), a))).toEqual([])
  expect(membersOf(withoutMember(withMember(undefined, a), b))).toEqual(['a'])
  expect(membersOf(withoutMember(withMember(withMember(undefined, a), b), a))).toEqual(['b'])
})

test('a visit may take members out', () => {
  let few = withMember(withMember(undefined, a), b)
  forEachMember(few, (member) => {
    few = withoutMember(few, member)
  })
  expect(membersOf(few)).toEqual([])
})
