/** What `file.ts:export` names. */
export interface FlowTarget {
  readonly file: string
  readonly name: string | undefined
}

/** Splits `file.ts:export`. A drive letter (`C:\etl.ts`) and a URL's scheme are not a file with an export. */
export function parseTarget(text: string): FlowTarget {
  const split = text.lastIndexOf(':')
  const name = text.slice(split + 1)
  if (split < 2 || name === '' || /[\\/.]/.test(name)) return { file: text.replace(/:$/, ''), name: undefined }
  return { file: text.slice(0, split), name }
}

/** One exported flow of a module. */
export interface Candidate<F> {
  /** Its export name. */
  readonly exportName: string
  readonly flowName: string
  readonly flow: F
}

export type Choice<F> =
  | { readonly kind: 'found'; readonly flow: F }
  | { readonly kind: 'none'; readonly known: readonly string[] }
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }

/**
 * The flow that was meant: the one export (or, failing that, flow) of the name given; without a name the only one there is.
 * One flow exported under two names is one.
 */
export function chooseFlow<F>(candidates: readonly Candidate<F>[], name: string | undefined): Choice<F> {
  const known = candidates.map((each) => each.exportName)
  if (name === undefined) return only(candidates, known)
  const exported = candidates.find((each) => each.exportName === name)
  if (exported !== undefined) return { kind: 'found', flow: exported.flow }
  return only(
    candidates.filter((each) => each.flowName === name),
    known,
  )
}

function only<F>(candidates: readonly Candidate<F>[], known: readonly string[]): Choice<F> {
  const [first, ...rest] = candidates
  if (first === undefined) return { kind: 'none', known }
  if (rest.every((each) => each.flow === first.flow)) return { kind: 'found', flow: first.flow }
  return { kind: 'ambiguous', names: candidates.map((each) => each.exportName) }
}
