import type { EmbeddedLake } from '../catalog/embedded-lake.testsupport.ts'
import { createLake } from '../catalog/embedded-lake.testsupport.ts'
import { catalogSuite, type TestLake } from '../catalog/lake-catalog.testsuite.ts'
import { platform } from '../platform.ts'
import { catalogAnswers } from './answer-catalog.ts'
import { type Ask, askedCatalog } from './asked-catalog.ts'
import { receivedError, sentError } from './sent-error.ts'

// The catalogue of the process beside a server keeps what every catalogue promises, also after what pipes do to values.
catalogSuite({ create: async () => piped(await createLake()) })

function piped(base: EmbeddedLake): TestLake {
  const answer = catalogAnswers(base.catalog, base.store)
  const ask: Ask = async (question, ...args) => {
    try {
      return structuredClone(await answer(question, structuredClone(args)))
    } catch (error) {
      throw receivedError(structuredClone(sentError(error)))
    }
  }
  const { catalog, storage } = base
  return {
    storage,
    catalog: askedCatalog(catalog.id, ask, storage, platform),
    open: () => base.open(),
    startRun: () => base.startRun(),
    [Symbol.asyncDispose]: () => base[Symbol.asyncDispose](),
  }
}
