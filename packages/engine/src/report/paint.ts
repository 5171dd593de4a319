import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta'

/** Puts a style on a text, or leaves it as it is where there are no colours. */
export type Paint = (style: Style | undefined, text: string) => string

/** Painting with colours or without. */
export function painter(color: boolean): Paint {
  if (!color) return (_style, text) => text
  // The decision is made already: styleText must not ask the streams and the environment again.
  return (style, text) =>
    style === undefined || text === '' ? text : styleText(style, text, { validateStream: false })
}
