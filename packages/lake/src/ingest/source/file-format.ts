/** What a file holds, when it is unpacked. */
export type FileFormat = 'csv' | 'tsv' | 'json' | 'ndjson' | 'parquet' | 'avro'

const byExtension: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
  avro: 'avro',
}

/** By what was said, then by the name, then by the first bytes. */
export function formatOf(said: FileFormat | undefined, name: string | undefined, head: Uint8Array): FileFormat {
  if (said !== undefined) return said
  const plain = name?.replace(/\.(?:gz|zst|zstd)$/i, '')
  const extension = /\.(?<last>[a-z0-9]+)$/i.exec(plain ?? '')?.groups?.['last']?.toLowerCase() ?? ''
  return byExtension[extension] ?? byContent(head)
}

function byContent(head: Uint8Array): FileFormat {
  const start = Buffer.from(head.subarray(0, 64)).toString('latin1')
  if (start.startsWith('PAR1')) return 'parquet'
  if (start.startsWith('Obj\u0001')) return 'avro'
  const text = start.replace(/^ï»¿/, '').trimStart()
  return /^(?:\{\s*"|\{\s*\}|\[\s*[{\]])/.test(text) ? 'json' : 'csv'
}
