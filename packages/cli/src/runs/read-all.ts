import type { Page } from '@sluice/store'

/** All items of a list that comes in pages; at most about so many. */
export async function readAll<T>(
  page: (after: { readonly after?: string }) => Promise<Page<T>>,
  atMost = 50_000,
): Promise<readonly T[]> {
  const items: T[] = []
  for (let after: { readonly after?: string } | undefined = {}; after !== undefined && items.length < atMost;) {
    const { items: more, next }: Page<T> = await page(after)
    items.push(...more)
    after = next === null ? undefined : { after: next }
  }
  return items
}
