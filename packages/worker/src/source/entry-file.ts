/** The file of an entrypoint: `etl.ts` of `etl.ts:ingest`. A flow's own name may have characters that exports have not. */
export function entryFile({ entrypoint, flow }: { readonly entrypoint: string; readonly flow: string }): string {
  if (entrypoint.endsWith(`:${flow}`)) return entrypoint.slice(0, -flow.length - 1)
  const split = entrypoint.lastIndexOf(':')
  const name = entrypoint.slice(split + 1)
  return split < 2 || /[\\/.]/.test(name) ? entrypoint : entrypoint.slice(0, split)
}
