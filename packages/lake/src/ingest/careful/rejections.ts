import { literal } from '../../duckdb/quote.ts'
import { duckdbType } from '../../duckdb/duckdb-types.ts'
import { contractVersion } from '../contract-version.ts'
import type { LoadRequest } from '../load-request.ts'
import { quarantineSchema } from '../quarantine-schema.ts'
import { rawForm } from '../replay/raw-form.ts'
import type { SourceFile } from '../source/source-file.ts'
import { openStagedWriter } from '../source/staged-writer.ts'
import type { RejectedKind } from './refuse-load.ts'
import { longestRaw, type Rejection } from './rejection.ts'

/** Rejected records of one load, on their way to the quarantine. */
export interface Rejections extends AsyncDisposable {
  readonly count: number
  /** What was added that is of no single column, by its reason. */
  readonly kinds: readonly RejectedKind[]
  add(file: SourceFile, rejection: Rejection): Promise<void> | undefined
  /** One SELECT with the columns of `quarantineSchema`; undefined when there are none. */
  end(): Promise<string | undefined>
}

const sampleSize = 5

function withSample(kind: RejectedKind | undefined, file: SourceFile, rejection: Rejection): RejectedKind {
  if (kind === undefined) return { file, rows: 1, samples: [rejection] }
  const { rows, samples } = kind
  return { ...kind, rows: rows + 1, samples: samples.length < sampleSize ? [...samples, rejection] : samples }
}

/** Writes rejections into a file: there may be more than memory holds. */
export async function openRejections(path: string, request: LoadRequest): Promise<Rejections> {
  const writer = await openStagedWriter(path)
  const at = new Date(request.now).toISOString()
  const contract = contractVersion(request)
  const formOf = onceEach(rawForm)
  const kinds = new Map<string, RejectedKind>()
  let count = 0
  return {
    get count() {
      return count
    },
    get kinds() {
      return [...kinds.values()]
    },
    add(file, rejection) {
      count += 1
      if (rejection.column === undefined)
        kinds.set(rejection.reason, withSample(kinds.get(rejection.reason), file, rejection))
      const form = formOf(file)
      const row = {
        load_id: request.loadId,
        rejected_at: at,
        source_file: file.label,
        record: rejection.record,
        byte_offset: rejection.offset,
        raw_part: file.part,
        reason: rejection.reason,
        column_name: rejection.column,
        problem: rejection.problem,
        raw: rejection.raw.slice(0, longestRaw).toWellFormed(),
        row_id: file.rowIds?.[rejection.record - 1] ?? `${request.loadId}:${count}`,
        ...form,
        contract,
      }
      return writer.write(`${JSON.stringify(row)}\n`)
    },
    async end() {
      await writer.end()
      if (count === 0) return undefined
      const columns = quarantineSchema.fields
        .map(({ name, type }) => `${name}: ${literal(duckdbType(type))}`)
        .join(', ')
      return `SELECT * FROM read_json(${literal(path)}, format='newline_delimited', compression='uncompressed', columns={${columns}})`
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  }
}

function onceEach<From extends object, To>(make: (from: From) => To): (from: From) => To {
  const made = new Map<From, To>()
  return (from) => {
    if (!made.has(from)) made.set(from, make(from))
    return made.get(from) as To
  }
}
