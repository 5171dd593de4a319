/**
 * Records of a CSV stream, in the groups in which they arrive. The first record is the header. Quoted fields may hold
 * commas and doubled quotes, but no line breaks.
 */
export async function* csvRecords(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[][]> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const bytes of source) {
    const text = rest + decoder.decode(bytes, { stream: true })
    const end = text.lastIndexOf('\n') + 1
    rest = text.slice(end)
    if (end > 0) yield recordsOf(text.slice(0, end))
  }
  rest += decoder.decode()
  if (rest !== '') yield recordsOf(rest)
}

function recordsOf(text: string): string[][] {
  const records: string[][] = []
  for (const line of text.split('\n')) {
    const record = line.endsWith('\r') ? line.slice(0, -1) : line
    if (record !== '') records.push(record.includes('"') ? quotedFields(record) : record.split(','))
  }
  return records
}

function quotedFields(line: string): string[] {
  const fields = Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))(?=,|$)/g), (match) => {
    return match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"')
  })
  return fields
}
