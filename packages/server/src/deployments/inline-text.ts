import { limits, SluiceError } from '@sluice/core'
import type { OpenHome } from '@sluice/engine'

/** A value as text of the values codec, for the catalogue, which keeps it in its row. Throws `OPTION_INVALID` beyond 64 KiB. */
export async function inlineText(home: OpenHome, value: unknown, what: string): Promise<string> {
  const encoded = await home.values.encode(value, what)
  if ('text' in encoded) return encoded.text
  throw new SluiceError('OPTION_INVALID', {
    option: 'parameters',
    problem: `the ${what} have ${encoded.bytes} bytes; at most ${limits.inlineResultBytes} are kept: give the address of the data instead`,
  })
}
