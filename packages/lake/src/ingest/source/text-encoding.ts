import { isUtf8 } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'

/** How a text file's bytes are to be read. */
export interface TextEncoding {
  /** As `TextDecoder` calls it. */
  readonly name: string
  /** Bytes of the mark at its beginning. */
  readonly skip: number
}

/** What people write, and the standard does not know. */
const others: Readonly<Record<string, string>> = { 'latin-1': 'latin1', 'utf-16': 'utf-16', utf16: 'utf-16' }

/** How `TextDecoder` calls an encoding; `utf-16` where its byte order is for the file to tell; undefined: there is none of this name. */
export function encodingNamed(said: string): string | undefined {
  const label = others[said.toLowerCase()] ?? said
  if (label === 'utf-16') return label
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}

/** Tells a file's encoding: by what was said, by its mark, by its first bytes. */
export function detectEncoding(head: Buffer, wanted: string | undefined): TextEncoding {
  const said = wanted === undefined ? undefined : encodingNamed(wanted)
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { name: 'utf-8', skip: 3 }
  if (head[0] === 0xff && head[1] === 0xfe) return { name: 'utf-16le', skip: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { name: 'utf-16be', skip: 2 }
  if (said !== undefined && said !== 'utf-16') return { name: said, skip: 0 }
  const zeros = zerosIn(head)
  const wide = head.length >= 4 && Math.max(zeros.even, zeros.odd) > head.length / 8
  if (said === 'utf-16' || (said === undefined && wide))
    return { name: zeros.even > zeros.odd ? 'utf-16be' : 'utf-16le', skip: 0 }
  return { name: said === undefined && isLatin(head) ? 'windows-1252' : 'utf-8', skip: 0 }
}

function zerosIn(head: Buffer): { readonly even: number; readonly odd: number } {
  let [even, odd] = [0, 0]
  for (let i = 0; i < head.length; i++)
    if (head[i] === 0) {
      if (i % 2 === 0) even += 1
      else odd += 1
    }
  return { even, odd }
}

/** No valid UTF-8, and nothing in it that only UTF-8 would have: a file with a few broken characters stays UTF-8. */
function isLatin(head: Buffer): boolean {
  const whole = head.subarray(0, Math.max(head.lastIndexOf(10) + 1, head.length - 4))
  if (isUtf8(whole)) return false
  const text = whole.toString('utf8')
  const broken = text.split('�').length - 1
  const fine = (text.match(/[^\u0000-\u007F\uFFFD]/g) ?? []).length
  return fine === 0 || broken > fine * 10
}

/** The same text as UTF-8. */
export async function* toUtf8(bytes: AsyncIterable<Uint8Array>, encoding: TextEncoding): AsyncIterable<Uint8Array> {
  if (encoding.name === 'utf-8') {
    yield* withoutFirst(bytes, encoding.skip)
    return
  }
  const decoder = new TextDecoder(encoding.name, { ignoreBOM: true })
  for await (const chunk of withoutFirst(bytes, encoding.skip)) {
    const text = decoder.decode(chunk, { stream: true })
    if (text !== '') yield Buffer.from(text)
  }
  const rest = decoder.decode()
  if (rest !== '') yield Buffer.from(rest)
}

/** The beginning of a text, without a character that is cut at its end. */
export function headText(head: Buffer, encoding: TextEncoding): string {
  const bytes = head.subarray(encoding.skip)
  if (encoding.name === 'utf-8') return new StringDecoder('utf8').write(bytes)
  return new TextDecoder(encoding.name, { ignoreBOM: true }).decode(bytes, { stream: true })
}

async function* withoutFirst(bytes: AsyncIterable<Uint8Array>, skip: number): AsyncIterable<Uint8Array> {
  let left = skip
  for await (const chunk of bytes) {
    if (left >= chunk.length) left -= chunk.length
    else {
      yield left === 0 ? chunk : chunk.subarray(left)
      left = 0
    }
  }
}
