import { expect, test } from 'vitest'
import { csvRecords } from './csv.ts'

async function records(text: string, pieceLength: number): Promise<string[][]> {
  const bytes = Buffer.from(text)
  const pieces = async function* () {
    for (let start = 0; start < bytes.length; start += pieceLength) yield bytes.subarray(start, start + pieceLength)
  }
  const all: string[][] = []
  for await (const group of csvRecords(pieces())) all.push(...group)
  return all
}

test.each([1, 2, 3, 7, 1_000])(
  'records come out whole, however the bytes are cut (%i at a time)',
  async (pieceLength) => {
    const text = 'a,b,c\r\n1,,"x, ""y"""\r\nÄ→😀,2,\n\n,,\nlast,line,without end'
    expect(await records(text, pieceLength)).toEqual([
      ['a', 'b', 'c'],
      ['1', '', 'x, "y"'],
      ['Ä→😀', '2', ''],
      ['', '', ''],
      ['last', 'line', 'without end'],
    ])
  },
)

test('bytes that are no text are an error, not question marks', async () => {
  const broken = (async function* () {
    yield Uint8Array.of(0x61, 0xff, 0x0a)
  })()
  await expect(async () => {
    for await (const _ of csvRecords(broken));
  }).rejects.toThrow(TypeError)
})
