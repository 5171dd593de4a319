const [quote, backslash, newline, carriage, comma] = [0x22, 0x5c, 0x0a, 0x0d, 0x2c]
const [openBrace, openBracket, closeBrace, closeBracket] = [0x7b, 0x5b, 0x7d, 0x5d]
const space = 0x20

/**
 * An array of objects, or objects one after the other however they are laid out, as one object per line. Values are copied byte
 * for byte: no number passes through JavaScript. What is between objects at the top is dropped; what is no JSON inside one stays
 * what it is, and is rejected when it is read.
 */
export async function* lineJson(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let depth = 0
  let base = -1
  let [text, escaped] = [false, false]
  for await (const chunk of bytes) {
    const out = Buffer.allocUnsafe(chunk.length * 2)
    let length = 0
    for (const byte of chunk) {
      if (text) {
        out[length++] = byte
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) text = false
        continue
      }
      // Whether the outermost bracket is an array's is known from the first one.
      if (base < 0 && byte === openBracket) {
        base = 1
        depth = 1
        continue
      }
      if (byte === openBrace || byte === openBracket) {
        if (base < 0) base = 0
        depth += 1
      }
      if (depth > base && base >= 0) out[length++] = byte === newline || byte === carriage ? space : byte
      else if (byte > space && byte !== comma && byte !== closeBracket) {
        out[length++] = byte
        if (byte === quote) text = true
      } else if (byte === comma && length > 0 && out[length - 1] !== newline) out[length++] = newline
      if (depth > base && byte === quote) text = true
      if (byte === closeBrace || byte === closeBracket) {
        depth -= 1
        if (depth === base && base >= 0) out[length++] = newline
      }
    }
    yield out.subarray(0, length)
  }
}
