/** How the newest root run is named in place of its id. */
export const newest = 'last'

/** Whether a text can name a run: `last`, or the beginning of an id. */
export function isRunName(text: string): boolean {
  return text === newest || /^[0-9a-f][0-9a-f-]{3,35}$/i.test(text)
}
