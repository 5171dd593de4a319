/**
 * A set that is nearly always empty or has one member: it costs nothing until there are two. A `Set` takes 180 bytes, and every
 * call would need three of them.
 */
export type Few<T extends object> = T | Set<T> | undefined

export function withMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === undefined || few === member) return member
  return few instanceof Set ? few.add(member) : new Set([few, member])
}

export function withoutMember<T extends object>(few: Few<T>, member: T): Few<T> {
  if (few === member) return undefined
  if (few instanceof Set) few.delete(member)
  return few
}

export function forEachMember<T extends object>(few: Few<T>, visit: (member: T) => void): void {
  if (few instanceof Set) few.forEach(visit)
  else if (few !== undefined) visit(few)
}
