/** What a file's first bytes show it to be, that is no table, and what to do with it. */
export interface KnownBytes {
  readonly is: string
  readonly instead: string
}

const keep = 'keep its bytes in a fileset (`sluice lake put`)'
const unpack = 'unpack it; what is packed with gzip or zstd is read as it is'
const exported = 'save its sheet as CSV'

type Kind = readonly [beginning: string | RegExp, is: string, instead: string]

/** Beginnings, as latin-1. Those that a text could have ask for more bytes. */
const kinds: readonly Kind[] = [
  ['\x89PNG\r\n\x1a\n', 'a PNG picture', keep],
  ['\xff\xd8\xff', 'a JPEG picture', keep],
  [/^GIF8[79]a/, 'a GIF picture', keep],
  [/^RIFF[^]{4}WEBP/, 'a WebP picture', keep],
  [/^RIFF[^]{4}WAVE/, 'a WAV recording', keep],
  [/^(?:II\*\0|MM\0\*)/, 'a TIFF picture', keep],
  [/^\0\0\0[^]ftyp/, 'an MP4 film', keep],
  [/^ID3[\x02-\x04]/, 'an MP3 recording', keep],
  ['%PDF-', 'a PDF document', keep],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'an old Excel or Word file', exported],
  ['SQLite format 3\0', 'a SQLite database', 'query it, and load the rows'],
  [/^[^]{8}DUCK[^]\0{7}/, 'a DuckDB database', 'query it, and load the rows'],
  ['\x7fELF', 'a program', keep],
  [/^(?:\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe)/, 'a program', keep],
  [/^MZ[^]{0,60}\0\0/, 'a program', keep],
  [/^BZh[1-9]1AY&SY/, 'packed with bzip2', unpack],
  ['\xfd7zXZ\0', 'packed with xz', unpack],
  ['\x04"M\x18', 'packed with lz4', unpack],
  ['\x1f\x9d', 'packed with compress', unpack],
  ['\x1f\x8b', 'packed with gzip twice', 'unpack it once'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive', unpack],
  ['Rar!\x1a\x07', 'a RAR archive', unpack],
  [/^(?=[^]{0,256}\0)[^]{257}ustar/, 'a tar archive', unpack],
  ['ARROW1\0\0', 'an Arrow file', 'save it as Parquet'],
  [/^FEA1[^]{0,12}\0/, 'a Feather file', 'save it as Parquet'],
  [/^ORC[^\x20-\x7e\r\n]/, 'an ORC file', 'save it as Parquet'],
  ['\x89HDF\r\n\x1a\n', 'an HDF5 file', 'save its tables as Parquet'],
  [/^\x93NUMPY/, 'an array of NumPy', 'save it as Parquet'],
  [/^\x80[\x02-\x05][^]{0,10}(?:\x95|c|\})/, 'a pickle of Python', 'save it as Parquet'],
  [/^(?:\xff\xfe\0\0|\0\0\xfe\xff)/, 'text in UTF-32', 'save it as UTF-8'],
  [/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head)\b/i, 'a web page', 'look what its address answers'],
  [/^(?:\xef\xbb\xbf)?\s*<\?xml\b/i, 'XML', 'make CSV or JSON of it'],
]

const readable: readonly Kind[] = [
  ['PAR1', 'Parquet', "say so: `format: 'parquet'`, `--format parquet`"],
  ['Obj\x01', 'Avro', "say so: `format: 'avro'`, `--format avro`"],
]

/** What bytes that are to be text are instead; undefined: they may well be. */
export function knownBytes(head: Buffer): KnownBytes | undefined {
  if (head.length > 0 && head.every((byte) => byte === 0))
    return { is: 'nothing but zero bytes', instead: 'get it anew: it was not written to its end' }
  const start = head.toString('latin1', 0, 4096)
  if (/^PK(?:\x03\x04|\x05\x06)/.test(start)) return archive(start)
  const found = [...kinds, ...readable].find(([beginning]) =>
    typeof beginning === 'string' ? start.startsWith(beginning) : beginning.test(start),
  )
  return found && { is: found[1], instead: found[2] }
}

/** A zip archive, or what is one inside. */
function archive(start: string): KnownBytes {
  if (/\[Content_Types\]\.xml|\bxl\//.test(start)) {
    const word = /\b(?:word|ppt)\//.test(start)
    return word ? { is: 'an Office document', instead: keep } : { is: 'an Excel file', instead: exported }
  }
  if (start.includes('opendocument.spreadsheet')) return { is: 'a spreadsheet', instead: exported }
  const length = start.charCodeAt(26) + 256 * start.charCodeAt(27)
  const name = Buffer.from(start.slice(30, 30 + Math.min(length, 100)), 'latin1').toString('utf8')
  const first = name === '' ? '' : ` (with ${JSON.stringify(name)})`
  return { is: `a zip archive${first}`, instead: unpack }
}

/** So much of a text is looked at. */
const looked = 65_536
/** In shorter ones a few say nothing. */
const shortest = 64

/** Whether a text is made of characters that no text has: separators of fields, and what was said to be one, aside. */
export function looksBinary(text: string, separators: readonly string[]): boolean {
  const start = text.slice(0, looked)
  if (start.length < shortest) return false
  // oxlint-disable-next-line no-control-regex -- it is these that are looked for.
  const found = start.match(/[\x00-\x08\x0e-\x1a\x7f]/g) ?? []
  return found.filter((character) => !separators.includes(character)).length > start.length / 20
}
