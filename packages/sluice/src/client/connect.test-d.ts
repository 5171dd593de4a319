import { flow } from '@sluice/engine'
import { expectTypeOf } from 'vitest'
import * as z from 'zod'
import type { SluiceClient } from './connect.ts'
import type { RunHandle } from './run-handle.ts'

declare const client: SluiceClient
const ingest = flow(
  { name: 'ingest', parameters: z.object({ months: z.array(z.int()), color: z.string().default('green') }) },
  async () => ({ rows: 1 }),
)
const plain = flow({ name: 'plain' }, async () => 'done')

expectTypeOf(client.run(ingest, { months: [1] })).toEqualTypeOf<Promise<RunHandle<{ rows: number }>>>()
expectTypeOf(client.run(plain)).toEqualTypeOf<Promise<RunHandle<string>>>()
expectTypeOf(client.run('ingest/nightly', { months: [1] })).toEqualTypeOf<Promise<RunHandle>>()
// @ts-expect-error months are numbers
void client.run(ingest, { months: ['x'] })
// @ts-expect-error there is no such option
void client.run(ingest, { months: [1] }, { color: 'red' })
