import { open } from 'node:fs/promises'

/** Writes one file of a load in big pieces. */
export interface StagedWriter extends AsyncDisposable {
  readonly path: string
  /** Resolves at once while the piece at hand is small. */
  write(piece: string | Uint8Array): Promise<void> | undefined
  end(): Promise<void>
}

const pieceBytes = 1 << 19

export async function openStagedWriter(path: string): Promise<StagedWriter> {
  const file = await open(path, 'w', 0o600)
  let text: string[] = []
  let length = 0
  const flush = async (): Promise<void> => {
    const piece = text.join('')
    text = []
    length = 0
    if (piece !== '') await file.appendFile(piece)
  }
  return {
    path,
    write(piece) {
      if (typeof piece === 'string') {
        text.push(piece)
        length += piece.length
        return length < pieceBytes ? undefined : flush()
      }
      return (async (): Promise<void> => {
        await flush()
        await file.appendFile(piece)
      })()
    },
    end: flush,
    [Symbol.asyncDispose]: () => file.close(),
  }
}
