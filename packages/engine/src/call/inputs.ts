import { originOf } from './provenance.ts'
import { CallFuture } from './future.ts'

/** Futures and known results found in a call's arguments. */
export interface Found {
  readonly futures: readonly CallFuture<unknown>[]
  /** Ids of the calls whose results go in: exact edges. At most `edgeCap`; `more` counts the rest. */
  readonly data: readonly string[]
  readonly more: number
}

export const edgeCap = 100
const maxDepth = 3
const maxItems = 1_000
const none: Found = { futures: [], data: [], more: 0 }

/**
 * Walks arguments for futures (in arrays and plain objects, three levels, the first 1 000 items of each) and for objects that
 * finished calls returned. An array longer than that is walked to its end when its first items hold a future.
 */
export function findFutures(args: readonly unknown[]): Found {
  if (args.every(isPrimitive)) return none
  const futures: CallFuture<unknown>[] = []
  const data = new Set<string>()
  let more = 0
  const edge = (id: string): void => {
    if (data.size < edgeCap) data.add(id)
    else if (!data.has(id)) more++
  }
  const visit = (value: unknown, depth: number): void => {
    if (isPrimitive(value)) return
    if (value instanceof CallFuture) {
      futures.push(value)
      return
    }
    const origin = originOf(value as object)
    if (origin) edge(origin.id)
    if (depth > maxDepth) return
    if (Array.isArray(value)) {
      const before = futures.length
      for (let i = 0; i < value.length && (i < maxItems || futures.length > before); i++) visit(value[i], depth + 1)
    } else if (isPlain(value as object)) {
      for (const item of Object.values(value as object).slice(0, maxItems)) visit(item, depth + 1)
    }
  }
  for (const arg of args) visit(arg, 1)
  return { futures, data: [...data], more }
}

/** The edges that the arguments make once every future in them is settled. */
export function edgesOf(found: Found): { readonly data: readonly string[]; readonly more: number } {
  const ids = new Set(found.data)
  let more = found.more
  for (const { owner } of found.futures) {
    for (const id of owner.edges.ids) {
      if (ids.size < edgeCap) ids.add(id)
      else if (!ids.has(id)) more++
    }
    more += owner.edges.more
  }
  return { data: [...ids], more }
}

/** The arguments with every future replaced by its value. Rejects with the first failure. */
export async function resolveFutures(
  args: readonly unknown[],
  futures: readonly CallFuture<unknown>[],
): Promise<readonly unknown[]> {
  const values = new Map<unknown, unknown>()
  await Promise.all(futures.map(async (future) => values.set(future, await future.quietly())))
  const replace = (value: unknown, depth: number): unknown => {
    if (isPrimitive(value)) return value
    if (values.has(value)) return values.get(value)
    if (depth > maxDepth) return value
    if (Array.isArray(value)) {
      const replaced = value.map((item) => replace(item, depth + 1))
      return replaced.some((item, i) => item !== value[i]) ? replaced : value
    }
    if (!isPlain(value as object)) return value
    const entries = Object.entries(value as object).map(([name, item]) => [name, replace(item, depth + 1)] as const)
    return entries.some(([name, item]) => item !== (value as Record<string, unknown>)[name])
      ? Object.fromEntries(entries)
      : value
  }
  return args.map((arg) => replace(arg, 1))
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function')
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
