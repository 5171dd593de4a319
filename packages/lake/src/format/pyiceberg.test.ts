import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applyUpdates } from './apply-updates.ts'
import { createTableUpdates } from './create-table.ts'
import { dataFile, everyType, primitiveTypes, runs, valueOf } from './format.fixture.ts'
import { decodeManifest, encodeManifest } from './manifest-file.ts'
import { decodeManifestList, encodeManifestList } from './manifest-list.ts'
import type { DataFile, ManifestEntry, ManifestFile, PartitionValue } from './manifest.ts'
import { parseMetadata } from './parse-metadata.ts'
import { decimalOf } from './primitive-type.ts'
import { printMetadata } from './print-metadata.ts'
import { pyiceberg, python } from './pyiceberg.testsupport.ts'
import type { PrimitiveType } from './schema.ts'
import { encodeSingleValue } from './single-value.ts'
import { summarizeManifest } from './summarize-manifest.ts'
import type { PartitionSpec, Transform } from './table-metadata.ts'
import { applyTransform, transformResultType } from './transforms.ts'

const snapshotId = 9_223_372_036_854_775_807n
const spec: PartitionSpec = {
  'spec-id': 3,
  fields: primitiveTypes.map((_, at) => ({
    'source-id': at + 1,
    'field-id': 1_000 + at,
    name: `p ${at + 1}`,
    transform: 'identity',
  })),
}

/** PyIceberg always writes which fields are the key. */
const keyless = { ...everyType, 'identifier-field-ids': [] }

describe.skipIf(pyiceberg === undefined)('PyIceberg (set SLUICE_PYICEBERG to a python that has it)', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'sluice-pyiceberg-'))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test('reads our manifests and lists as we do, and we read what it writes of them', () => {
    const entries = fc.sample(anyEntry, { numRuns: Math.min(runs, 200), seed: 4 })
    const content = { schema: everyType, spec, content: 'data', entries, snapshotId } as const
    const bytes = encodeManifest(content)
    const files = {
      manifest: join(directory, 'm.avro'),
      list: join(directory, 'l.avro'),
      copy: join(directory, 'm2.avro'),
      listCopy: join(directory, 'l2.avro'),
    }
    writeFileSync(files.manifest, bytes)
    const manifest = summarizeManifest({ ...content, path: files.manifest, length: bytes.length })
    writeFileSync(
      files.list,
      encodeManifestList({ snapshotId, parentSnapshotId: 7n, sequenceNumber: 12, manifests: [manifest] }),
    )
    const told = python(readManifests, { ...files, schema: JSON.stringify(everyType), spec: JSON.stringify(spec) })
    const [listed] = decodeManifestList(readFileSync(files.list)) as [ManifestFile]
    const ours = decodeManifest(bytes, listed)
    expect(told).toStrictEqual({ manifests: [plainManifest(listed)], entries: ours.map(plainEntry) })
    // Written again by PyIceberg, from what it read.
    const [copied] = decodeManifestList(readFileSync(files.listCopy)) as [ManifestFile]
    expect(decodeManifest(readFileSync(files.copy), copied).map(plainEntry)).toStrictEqual(ours.map(plainEntry))
    expect({ ...plainManifest(copied), path: '', length: 0 }).toStrictEqual({
      ...plainManifest(listed),
      path: '',
      length: 0,
    })
  })

  test('reads our metadata, and we read what it writes of it', () => {
    const created = applyUpdates(
      undefined,
      [],
      createTableUpdates({
        uuid: '9c12d441-03fe-4693-9a96-a0705ddf69c1',
        location: 'file:///t',
        schema: keyless,
        spec,
        properties: { a: 'b' },
      }),
      { now: 1_700_000_000_000 },
    )
    const snapshot = {
      'snapshot-id': snapshotId,
      'sequence-number': 1,
      'timestamp-ms': 1,
      'manifest-list': 'file:///l',
      'schema-id': 0,
      summary: { operation: 'append', 'added-records': '3' },
    } as const
    const metadata = applyUpdates(
      created,
      [],
      [
        { action: 'add-snapshot', snapshot },
        { action: 'set-snapshot-ref', 'ref-name': 'main', 'snapshot-id': snapshotId, type: 'branch' },
      ],
      { now: 1_700_000_000_500, previousFile: 'file:///v1' },
    )
    for (const one of [created, metadata]) {
      const text = python(readMetadata, printMetadata(one)) as string
      const back = parseMetadata(text)
      expect({ ...one, ...back }).toStrictEqual(back)
      expect(withoutEmpty(back)).toStrictEqual(withoutEmpty(one))
    }
  })

  const transforms: readonly Transform[] = [
    'identity',
    'year',
    'month',
    'day',
    'hour',
    'bucket[7]',
    'bucket[100000]',
    'truncate[3]',
    'truncate[1000]',
  ]

  test('transforms values as we do', () => {
    const cases = primitiveTypes.flatMap((type) =>
      transforms
        .filter((transform) => transformResultType(transform, type) !== undefined)
        .map((transform) => {
          const values = fc
            .sample(valueOf(type), { numRuns: runs, seed: 5 })
            .filter((value) => fits(transform, type, value))
          return { type, transform, values }
        }),
    )
    const told = python(
      applyTransforms,
      cases.map(({ type, transform, values }) => ({
        type,
        transform,
        values: values.map((value) => Buffer.from(encodeSingleValue(type, value)).toString('hex')),
      })),
    )
    const wanted = cases.map(({ type, transform, values }) => values.map((value) => binary(transform, type, value)))
    expect(told).toStrictEqual(wanted)
  })
})

/** What PyIceberg says, in the words of `plainEntry`; and the same manifest and list, written again. */
const readManifests = `
import json, sys
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import read_manifest_list, write_manifest, write_manifest_list, ManifestEntry
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.conversions import to_bytes
args = json.load(sys.stdin)
io = PyArrowFileIO()
schema = Schema.model_validate_json(args['schema'])
spec = PartitionSpec.model_validate_json(args['spec'])
types = [field.field_type for field in spec.partition_type(schema).fields]
hexed = lambda value: None if value is None else value.hex()
pairs = lambda values, of=lambda v: v: None if values is None else [[k, of(values[k])] for k in sorted(values)]
def part(value, type):
    return None if value is None else to_bytes(type, value).hex()
def entry(e):
    f = e.data_file
    return {'status': e.status.name.lower(), 'snapshot': str(e.snapshot_id), 'sequence': e.sequence_number, 'file_sequence': e.file_sequence_number,
      'content': int(f.content), 'path': f.file_path, 'format': f.file_format.value, 'partition': [part(f.partition[i], t) for i, t in enumerate(types)],
      'records': f.record_count, 'size': f.file_size_in_bytes, 'column_sizes': pairs(f.column_sizes), 'values': pairs(f.value_counts), 'nulls': pairs(f.null_value_counts),
      'nans': pairs(f.nan_value_counts), 'lower': pairs(f.lower_bounds, hexed), 'upper': pairs(f.upper_bounds, hexed), 'splits': f.split_offsets, 'keys': f.equality_ids, 'order': f.sort_order_id}
def manifest(m):
    return {'path': m.manifest_path, 'length': m.manifest_length, 'spec': m.partition_spec_id, 'content': int(m.content), 'sequence': m.sequence_number, 'min_sequence': m.min_sequence_number,
      'snapshot': str(m.added_snapshot_id), 'files': [m.added_files_count, m.existing_files_count, m.deleted_files_count], 'rows': [m.added_rows_count, m.existing_rows_count, m.deleted_rows_count],
      'partitions': [[p.contains_null, p.contains_nan, hexed(p.lower_bound), hexed(p.upper_bound)] for p in m.partitions]}
manifests = list(read_manifest_list(io.new_input(args['list'])))
entries = manifests[0].fetch_manifest_entry(io, discard_deleted=False)
with write_manifest(2, spec, schema, io.new_output(args['copy']), manifests[0].added_snapshot_id, 'deflate') as writer:
    for e in entries: writer.add_entry(e)
copy = writer.to_manifest_file()
with write_manifest_list(2, io.new_output(args['listCopy']), manifests[0].added_snapshot_id, 7, 12, 'deflate') as out:
    out.add_manifests([copy])
json.dump({'manifests': [manifest(m) for m in manifests], 'entries': [entry(e) for e in entries]}, sys.stdout)
`

const readMetadata = `
import json, sys
from pyiceberg.table.metadata import TableMetadataUtil
json.dump(TableMetadataUtil.parse_raw(json.load(sys.stdin)).model_dump_json(by_alias=True), sys.stdout)
`

const applyTransforms = `
import json, sys
from pyiceberg.conversions import from_bytes, to_bytes
from pyiceberg.transforms import parse_transform
from pyiceberg.types import IcebergType, NestedField
def run(case):
    type = NestedField.model_validate({'id': 1, 'name': 'x', 'required': False, 'type': case['type']}).field_type
    transform = parse_transform(case['transform'])
    apply, result = transform.transform(type), transform.result_type(type)
    return [to_bytes(result, apply(from_bytes(type, bytes.fromhex(value)))).hex() for value in case['values']]
json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
`

function fits(transform: Transform, type: PrimitiveType, value: Exclude<PartitionValue, null>): boolean {
  // Python's dates are those of the years 1 to 9999.
  if (type === 'date' && (Number(value) < -719_162 || Number(value) > 2_932_896)) return false
  try {
    const result = applyTransform(transform, type, value)
    const decimal = decimalOf(type)
    return (
      decimal === undefined ||
      typeof result !== 'bigint' ||
      (result < 10n ** BigInt(decimal.precision) && -result < 10n ** BigInt(decimal.precision))
    )
  } catch {
    return false
  }
}

function binary(transform: Transform, type: PrimitiveType, value: PartitionValue): string {
  const result = applyTransform(transform, type, value)
  return hex(encodeSingleValue(transformResultType(transform, type) ?? type, result ?? 0))
}

/** PyIceberg's reader rounds doubles in Avro to single precision; Sluice lets nobody partition by them. */
function readable(type: PrimitiveType): fc.Arbitrary<Exclude<PartitionValue, null>> {
  return type === 'double' ? valueOf(type).map((value) => Math.fround(value as number)) : valueOf(type)
}

const counts = fc.dictionary(fc.integer({ min: 1, max: 30 }).map(String), fc.maxSafeNat(), { minKeys: 1 }).map(intMap)
const bounds = fc
  .dictionary(fc.integer({ min: 1, max: 30 }).map(String), fc.uint8Array({ maxLength: 20 }), { minKeys: 1 })
  .map(intMap)

const anyFile: fc.Arbitrary<DataFile> = fc
  .record({
    partition: fc.tuple(...primitiveTypes.map((type) => fc.option(readable(type)))),
    records: fc.maxSafeNat().map((count) => count % 1_000_000),
    size: fc.maxSafeNat(),
    path: fc.string({ unit: 'grapheme' }),
    columnSizes: counts,
    valueCounts: counts,
    nullCounts: counts,
    nanCounts: counts,
    lowerBounds: bounds,
    upperBounds: bounds,
    splitOffsets: fc.array(fc.maxSafeNat()),
    sortOrderId: fc.nat(),
  })
  .map(dataFile)

const anyEntry: fc.Arbitrary<ManifestEntry> = fc.record({
  status: fc.constantFrom('existing', 'added', 'deleted'),
  snapshotId: fc.bigInt({ min: 1n, max: snapshotId }),
  sequenceNumber: fc.nat(),
  fileSequenceNumber: fc.nat(),
  file: anyFile,
})

function plainEntry({
  status,
  snapshotId: snapshot,
  sequenceNumber,
  fileSequenceNumber,
  file,
}: ManifestEntry): unknown {
  return {
    status,
    snapshot: String(snapshot),
    sequence: sequenceNumber,
    file_sequence: fileSequenceNumber,
    content: file.content,
    path: file.path,
    format: file.format,
    partition: file.partition.map((value, at) =>
      value === null ? null : hex(encodeSingleValue(primitiveTypes[at] ?? 'int', value)),
    ),
    records: file.records,
    size: file.size,
    column_sizes: sorted(file.columnSizes),
    values: sorted(file.valueCounts),
    nulls: sorted(file.nullCounts),
    nans: sorted(file.nanCounts),
    lower: sorted(file.lowerBounds, hex),
    upper: sorted(file.upperBounds, hex),
    splits: file.splitOffsets ?? null,
    keys: file.equalityIds ?? null,
    order: file.sortOrderId ?? null,
  }
}

function plainManifest(manifest: ManifestFile): Record<string, unknown> {
  return {
    path: manifest.path,
    length: manifest.length,
    spec: manifest.specId,
    content: manifest.content === 'data' ? 0 : 1,
    sequence: manifest.sequenceNumber,
    min_sequence: manifest.minSequenceNumber,
    snapshot: String(manifest.addedSnapshotId),
    files: [manifest.addedFiles, manifest.existingFiles, manifest.deletedFiles],
    rows: [manifest.addedRows, manifest.existingRows, manifest.deletedRows],
    partitions: manifest.partitions.map((one) => [
      one.containsNull,
      one.containsNan ?? null,
      one.lower === undefined ? null : hex(one.lower),
      one.upper === undefined ? null : hex(one.upper),
    ]),
  }
}

function sorted(
  map: ReadonlyMap<number, unknown> | undefined,
  convert: (value: never) => unknown = (value) => value,
): unknown {
  return map === undefined
    ? null
    : [...map].toSorted(([a], [b]) => a - b).map(([key, value]) => [key, convert(value as never)])
}

function withoutEmpty(value: object): unknown {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, part]) => !(typeof part === 'object' && part !== null && Object.keys(part).length === 0),
    ),
  )
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function intMap<V>(record: Readonly<Record<string, V>>): ReadonlyMap<number, V> {
  return new Map(Object.entries(record).map(([key, value]) => [Number(key), value]))
}
