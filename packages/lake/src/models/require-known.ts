import { currentLake } from '../table/open-lake.ts'
import { invalid, type Model } from './read-models.ts'

/** What is no model must be in the lake before anything runs. Throws `MODEL_INVALID`, which names the file. */
export async function requireKnown(models: readonly Model[]): Promise<void> {
  const { catalog } = await currentLake()
  const own = new Set(models.map(({ name }) => name))
  await Promise.all(
    models.flatMap(({ file, refs }) =>
      refs
        .filter((ref) => !own.has(ref))
        .map(async (ref) => {
          if ((await catalog.find(ref)) ?? (await catalog.view(ref))) return
          throw invalid(file, `ref('${ref}') is no model, and no table or view of the lake`)
        }),
    ),
  )
}
