import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { encodeUpperBound, encodeLowerBound } from '../packages/lake/src/format/bounds.ts'
import { encodeManifest } from '../packages/lake/src/format/manifest-file.ts'
import { encodeManifestList } from '../packages/lake/src/format/manifest-list.ts'
import type { DataFile, ManifestFile } from '../packages/lake/src/format/manifest.ts'
import type { PrimitiveType, Schema } from '../packages/lake/src/format/schema.ts'
import { summarizeManifest } from '../packages/lake/src/format/summarize-manifest.ts'
import type { PartitionSpec, TableMetadata } from '../packages/lake/src/format/table-metadata.ts'
import { openLocalStorage } from '../packages/lake/src/storage/local-storage.ts'
import { manifestsIn } from '../packages/lake/src/table/manifests.ts'
import { planScan, type ScanRequest } from '../packages/lake/src/table/plan-scan.ts'
import { temporaryDirectory } from './bench-home.ts'
import { type BenchRow, grouped, rowOf } from './bench-row.ts'
import { forkChild } from './fork-child.ts'
import { startStopwatch } from './platform.ts'
import { median } from './rounds.ts'

const manifestCount = 100
const filesEach = 1_000
const directory = 'bench/plan-00000000'

const types: readonly PrimitiveType[] = [
  'long',
  'timestamp',
  'double',
  'int',
  'string',
  'timestamptz',
  'string',
  'long',
]
const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: types.map((type, at) => ({ id: at + 1, name: `c${at + 1}`, required: false, type })),
}
const spec: PartitionSpec = {
  'spec-id': 0,
  fields: [{ 'source-id': 2, 'field-id': 1_000, name: 'c2_day', transform: 'day' }],
}

/** What one process saw of its plans, in ms. */
export interface Plans {
  /** The first of the process, with opening whatever it opens. */
  readonly first: Plan
  readonly next: Plan
  readonly all: Plan
}

interface Plan {
  readonly wall: number
  readonly cpu: number
  readonly files: number
}

/**
 * 100 000 files in 100 manifests, each of which holds files from all of the table, so that none can be left out as a whole. The
 * predicate meets a thousandth of the files, by the bounds of a column.
 */
export async function benchLakePlan(): Promise<readonly BenchRow[]> {
  await using home = await temporaryDirectory()
  await writeTable(home.path)
  const plan = async (): Promise<Plans> => {
    const plans = await forkChild<Plans>({ script: 'scripts/plan-table.ts', args: [home.path] })
    if (!plans) throw new Error('no plans')
    return plans
  }
  const unknown = await plan()
  const known: Plans[] = []
  for (let round = 0; round < 5; round++) known.push(await plan())
  const row = (name: string, of: (plans: Plans) => Plan, plans: readonly Plans[], atMost?: number): BenchRow => {
    const value = median(plans.map((each) => of(each).wall))
    const note = `${grouped(of(plans[0] ?? unknown).files)} files planned, cpu ${grouped(median(plans.map((each) => of(each).cpu)))}`
    return rowOf({
      name: `planning 100 000 files: ${name}`,
      value,
      unit: 'ms',
      note,
      ...(atMost !== undefined && { atMost }),
    })
  }
  return [
    row('in a process that has planned the table before', ({ next }) => next, known, 300),
    row('in a new process', ({ first }) => first, known, 300),
    row('all of them, in a process that has planned the table before', ({ all }) => all, known),
    row('the first time on this machine', ({ first }) => first, [unknown]),
  ]
}

/** Plans the table in this process. */
export async function planTable(root: string): Promise<Plans> {
  const storage = await openLocalStorage(root)
  const manifests = manifestsIn(storage)
  const location = `${storage.url}/${directory}`
  const request = {
    metadata: { location, 'partition-specs': [spec], schemas: [schema] } as unknown as TableMetadata,
    directory,
    snapshot: { 'manifest-list': `${location}/metadata/list.avro` } as ScanRequest['snapshot'],
    schema,
  }
  const planned = async (where?: ScanRequest['where']): Promise<Plan> => {
    const watch = startStopwatch()
    const { length } = await planScan(manifests, { ...request, where })
    return { wall: watch.wall(), cpu: watch.cpu(), files: length }
  }
  const selective = { op: 'lt', field: 1, value: BigInt((manifestCount * filesEach) / 1_000) * 1_000n } as const
  return { first: await planned(selective), next: await planned(selective), all: await planned() }
}

async function writeTable(root: string): Promise<void> {
  const metadata = path.join(root, directory, 'metadata')
  await mkdir(metadata, { recursive: true })
  const location = `file://${root}/${directory}`
  const manifests: ManifestFile[] = []
  for (let at = 0; at < manifestCount; at++) {
    const entries = Array.from({ length: filesEach }, (_, of) => ({
      status: 'added' as const,
      snapshotId: null,
      sequenceNumber: null,
      fileSequenceNumber: null,
      file: fileOf(location, of * manifestCount + at),
    }))
    const content = { schema, spec, content: 'data', entries, snapshotId: 1n } as const
    const bytes = encodeManifest(content)
    await writeFile(path.join(metadata, `${at}-m0.avro`), bytes)
    manifests.push(summarizeManifest({ ...content, path: `${location}/metadata/${at}-m0.avro`, length: bytes.length }))
  }
  const list = { snapshotId: 1n, parentSnapshotId: undefined, sequenceNumber: 1, manifests }
  await writeFile(path.join(metadata, 'list.avro'), encodeManifestList(list))
}

/** A file of a thousand rows: the next thousand of the table. */
function fileOf(location: string, number: number): DataFile {
  const ids = types.map((_, at) => at + 1)
  const bounds = (encode: typeof encodeLowerBound, row: number): ReadonlyMap<number, Uint8Array> =>
    new Map(
      types.flatMap((type, at) => {
        const value =
          type === 'string' ? `text ${row}` : type === 'long' || type.startsWith('timestamp') ? BigInt(row) : row
        const bound = encode(type, value)
        return bound === undefined ? [] : [[at + 1, bound] as const]
      }),
    )
  return {
    content: 0,
    path: `${location}/data/c2_day=${20_000 + (number % 1_000)}/${String(number).padStart(12, '0')}-0-00000000.parquet`,
    format: 'PARQUET',
    partition: [20_000 + (number % 1_000)],
    records: 1_000,
    size: 30_000,
    columnSizes: new Map(ids.map((id) => [id, 3_000])),
    valueCounts: new Map(ids.map((id) => [id, 1_000])),
    nullCounts: new Map(ids.map((id) => [id, 0])),
    lowerBounds: bounds(encodeLowerBound, number * 1_000),
    upperBounds: bounds(encodeUpperBound, number * 1_000 + 999),
  }
}
