/**
 * A text as one word of a POSIX shell: commands that messages advise are copied as they stand.
 *
 * @example
 * `npx sluice events emit order.paid --key ${shellWord("Ada's")}` // … --key 'Ada'\\''s'
 */
export function shellWord(text: string): string {
  return /^[\w.,:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
