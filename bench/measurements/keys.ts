import { callIdentity, canonicalize, checkpointKey } from '@sluice/core'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { measureRounds } from '../rounds.ts'

const calls = 100_000

/** What a call pays for being found again: the canonical text of its inputs, its ordinal and its key. */
export async function measure(): Promise<readonly BenchRow[]> {
  const options = { month: 3, color: 'yellow', columns: ['id', 'fare', 'tip'], since: new Date(0), strict: true }
  const number = await keys((call) => [call])
  const object = await keys((call) => [`https://example.org/trips/${call}.csv.gz`, options])
  return [
    rowOf({ name: 'hash and key of a call with one number', value: number.wall, unit: 'µs', note: number.note }),
    rowOf({
      name: 'hash and key of a call with a URL and an object',
      value: object.wall,
      unit: 'µs',
      note: object.note,
    }),
  ]
}

function keys(argumentsOf: (call: number) => readonly unknown[]) {
  return measureRounds(calls, 5, async () => {
    for (let index = 0; index < calls; index++) {
      const inputs = canonicalize(argumentsOf(index))
      const call = { name: 'extract', version: undefined, inputs }
      // As the engine does: once to count equal calls, once for the key.
      callIdentity(call)
      checkpointKey({ ...call, scope: 'v1/0198f2b4-7c1e-7a5e-9c51-3a1f3f0d2b11', ordinal: 0 })
    }
  })
}
