import { SluiceError } from '@sluice/core'

/** How far a follower of one run has come, in each of its three sources. */
export interface RunCursor {
  readonly events: number
  /** The number of the journal entry that wrote a row last. */
  readonly rows: number
  /** The `after` of the list of log lines; empty: from the first. */
  readonly logs: string
}

export function cursorText({ events, rows, logs }: RunCursor): string {
  return `${events}.${rows}.${logs}`
}

/** Throws `OPTION_INVALID` for a text that no stream gave out. */
export function readCursor(text: string | undefined): RunCursor {
  if (text === undefined) return { events: 0, rows: 0, logs: '' }
  const parts = /^(\d{1,16})\.(\d{1,16})\.(\d{0,20})$/.exec(text)
  if (!parts)
    throw new SluiceError('OPTION_INVALID', {
      option: 'Last-Event-ID',
      problem: `${JSON.stringify(text.slice(0, 40))} is not the id of a message of this stream`,
    })
  return { events: Number(parts[1]), rows: Number(parts[2]), logs: parts[3] ?? '' }
}
