import { Crowd } from './crowd.ts'

/**
 * A set that is nearly always empty or has one member: it costs nothing until there are two. A set takes 180 bytes, and every
 * call would need three of them.
 */
export type Few<T extends object> = T | Crowd<T> | undefined

export function withMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === undefined || few === member) return member
  if (!(few instanceof Crowd)) return new Crowd<T>([few, member])
  few.add(member)
  return few
}

export function withoutMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === member) return undefined
  if (few instanceof Crowd) few.delete(member)
  return few
}

export function forEachMember<T extends object>(few: Few<T>, visit: (member: T) => void): void {
  if (few instanceof Crowd) few.forEach(visit)
  else if (few !== undefined) visit(few)
}
