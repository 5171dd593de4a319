import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/** Writes one file of a load in big pieces. */
export interface StagedWriter extends AsyncDisposable {
  readonly path: string
  /** Resolves at once while the piece at hand is small. */
  write(piece: string | Uint8Array): Promise<void> | undefined
  end(): Promise<void>
  /** Of all that was written: SHA-256, hexadecimal, once it has ended. Undefined: nobody asked for it. */
  digest(): string | undefined
  /** Bytes that were written. */
  readonly size: number
}

export interface WriterOptions {
  /** Whether to hash what is written. It costs as much as writing. */
  readonly hash?: boolean
}

const pieceBytes = 1 << 19

export async function openStagedWriter(path: string, options: WriterOptions = {}): Promise<StagedWriter> {
  const file = await open(path, 'w', 0o600)
  const hash = options.hash === true ? createHash('sha256') : undefined
  let text: string[] = []
  let length = 0
  let size = 0
  const append = async (bytes: Uint8Array): Promise<void> => {
    size += bytes.length
    hash?.update(bytes)
    await file.appendFile(bytes)
  }
  const flush = async (): Promise<void> => {
    const piece = text.join('')
    text = []
    length = 0
    if (piece !== '') await append(Buffer.from(piece))
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
        await append(piece)
      })()
    },
    end: flush,
    digest: () => hash?.digest('hex'),
    get size() {
      return size
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}
