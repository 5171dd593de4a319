/** Where a worker tells what it does: one line each. */
export type WorkerLog = (level: 'info' | 'warn' | 'error', message: string) => void

/** Plain lines on standard error, where reports go. In a terminal, what runs print must not drive it. */
export const standardLog: WorkerLog = (level, message) => {
  const text = process.stderr.isTTY ? escapeControls(message) : message
  process.stderr.write(`${level === 'info' ? '' : `${level}: `}${text}\n`)
}

/** Control characters as `\x1b`, save tabs and line ends. */
export function escapeControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) =>
    character === '\t' || character === '\n'
      ? character
      : String.raw`\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
