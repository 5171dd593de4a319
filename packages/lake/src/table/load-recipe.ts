import type { Snapshot } from '../format/table-metadata.ts'
import { markedJson, readMarkedJson } from './marked-json.ts'
import type { MergeRule } from './merge-rule.ts'

/**
 * How a staged change came about, kept in its snapshot until it is settled: when `main` has moved, the same is done again to what it
 * holds by then, without the source.
 */
export interface LoadRecipe {
  readonly merge?: MergeRule
  /** Of an overwrite or a deletion. */
  readonly where?: Readonly<Record<string, unknown>>
  /** Names of the manifests with the rows that the load brought, and no others. */
  readonly manifests?: readonly string[]
  /** Its rows were read from the very table: they are right only for what that held. */
  readonly readsTable?: true
}

const recipeProperty = 'sluice.load-recipe'

export function recipeSummary(recipe: LoadRecipe): Readonly<Record<string, string>> {
  return { [recipeProperty]: markedJson(recipe) }
}

/** Undefined: the snapshot was staged by an older Sluice, which kept none. */
export function recipeOf({ summary }: Snapshot): LoadRecipe | undefined {
  const text = summary[recipeProperty]
  return text === undefined ? undefined : (readMarkedJson(text) as LoadRecipe)
}

/** The last part of a manifest's URL: the rest changes when the lake is moved. */
export function manifestName(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}
