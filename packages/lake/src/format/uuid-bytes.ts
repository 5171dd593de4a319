/** The 16 bytes of a UUID. */
export function uuidToBytes(text: string): Uint8Array {
  const hex = text.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new TypeError(`${JSON.stringify(text)} is not a UUID`)
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** The text of a UUID, in small letters. */
export function uuidFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
