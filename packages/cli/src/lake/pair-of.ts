import { SluiceError } from '@sluice/core'

/** What `column=…` says of a column. Throws `OPTION_INVALID`. */
export function pairOf(option: string, text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new SluiceError('OPTION_INVALID', {
    option: `--${option}`,
    problem: `write column=…, not ${JSON.stringify(text)}`,
  })
}
