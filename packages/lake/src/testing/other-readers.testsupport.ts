import { type icebergMetadata, icebergRead } from 'icebird'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseMetadata } from '../format/parse-metadata.ts'
import { python } from '../format/pyiceberg.testsupport.ts'

type Row = Record<string, unknown>

/** The current rows of a table as icebird reads them. It fetches what metadata names: here, files of this machine. */
export async function icebirdRows(metadataPath: string): Promise<readonly Row[]> {
  const metadata = parseMetadata(await readFile(metadataPath, 'utf8'))
  const { fetch } = globalThis
  globalThis.fetch = fetchFile
  try {
    return await icebergRead({
      tableUrl: metadata.location,
      metadata: metadata as unknown as Awaited<ReturnType<typeof icebergMetadata>>,
    })
  } finally {
    globalThis.fetch = fetch
  }
}

/** As much of fetch as icebird uses: whole files, ranges of them, and their sizes. */
async function fetchFile(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const body = await readFile(fileURLToPath(input instanceof Request ? input.url : input))
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(new Headers(init.headers).get('range') ?? '') ?? []
  const headers = { 'content-length': String(body.length), 'accept-ranges': 'bytes' }
  if (init.method === 'HEAD') return new Response(null, { headers })
  if (from === undefined) return new Response(body, { headers })
  const part = body.subarray(Number(from), to === '' || to === undefined ? undefined : Number(to) + 1)
  return new Response(part, { status: 206, headers: { 'content-length': String(part.length) } })
}

const program = `
import sys, json, datetime, decimal, uuid
from pyiceberg.table import StaticTable
def plain(v):
    if isinstance(v, datetime.datetime):
        if v.tzinfo is None: v = v.replace(tzinfo=datetime.timezone.utc)
        return {'ms': (v - datetime.datetime(1970,1,1,tzinfo=datetime.timezone.utc)) // datetime.timedelta(milliseconds=1)}
    if isinstance(v, (datetime.date, datetime.time, decimal.Decimal, uuid.UUID)): return str(v)
    if isinstance(v, bytes): return v.hex()
    if isinstance(v, dict): return {k: plain(w) for k, w in v.items()}
    if isinstance(v, list): return [plain(w) for w in v]
    return v
out = []
for ask in json.load(sys.stdin):
    scan = StaticTable.from_metadata(ask['metadata']).scan(
        **({'row_filter': ask['filter']} if ask.get('filter') else {}),
        **({'snapshot_id': int(ask['snapshot'])} if ask.get('snapshot') else {}))
    out.append({'rows': [plain(r) for r in scan.to_arrow().to_pylist()], 'files': len(list(scan.plan_files()))})
json.dump(out, sys.stdout)
`

export interface PyIcebergScan {
  /** Path of a metadata file. */
  readonly metadata: string
  /** As PyIceberg's own little language has it. */
  readonly filter?: string | undefined
  readonly snapshot?: string | undefined
}

/** What PyIceberg reads, with its own pruning, scan by scan. */
export function pyicebergScans(
  scans: readonly PyIcebergScan[],
): readonly { readonly rows: readonly Row[]; readonly files: number }[] {
  const results = python(program, scans) as readonly { readonly rows: readonly Row[]; readonly files: number }[]
  return results.map(({ rows, files }) => ({ rows: rows.map((row) => revived(row)), files }))
}

function revived(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, isInstant(value) ? new Date(value.ms) : value]),
  )
}

function isInstant(value: unknown): value is { readonly ms: number } {
  return typeof value === 'object' && value !== null && 'ms' in value
}
