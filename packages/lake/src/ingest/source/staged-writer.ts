import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** Writes one file of a load in big pieces. */
export interface StagedWriter extends AsyncDisposable {
  readonly path: string
  /** Undefined, or to be waited for before the next one. What it is told of a disk that is full may be of an earlier piece. */
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

/** So many bytes are written at once. */
const pieceBytes = 1 << 19

/**
 * So many characters are encoded at once: a long text of many small ones is costly to put together, an encoding is costly to begin. By that rows are written
 * in two thirds of the time that it takes to join a whole piece.
 */
const stretch = 1 << 14

const mostBytesOfCharacter = 3

export async function openStagedWriter(path: string, options: WriterOptions = {}): Promise<StagedWriter> {
  return new Writer(path, await open(path, 'w', 0o600), options.hash === true ? createHash('sha256') : undefined)
}

class Writer implements StagedWriter {
  readonly path: string
  readonly #file: FileHandle
  readonly #hash: Hash | undefined
  #text = ''
  /** One is filled while the other is written. */
  #buffers: [filling: Buffer, written: Buffer] | undefined
  #filled = 0
  #writing: Promise<void> = Promise.resolve()
  #size = 0

  constructor(path: string, file: FileHandle, hash: Hash | undefined) {
    this.path = path
    this.#file = file
    this.#hash = hash
  }

  get size(): number {
    return this.#size
  }

  digest(): string | undefined {
    return this.#hash?.digest('hex')
  }

  write(piece: string | Uint8Array): Promise<void> | undefined {
    if (typeof piece !== 'string') return this.#writeBytes(piece)
    this.#text += piece
    return this.#text.length < stretch ? undefined : this.#encode()
  }

  async end(): Promise<void> {
    await this.#encode()
    await this.#send()
    await this.#writing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.catch(() => undefined)
    await this.#file.close()
  }

  /** They may be the caller's again afterwards. */
  async #writeBytes(bytes: Uint8Array): Promise<void> {
    await this.end()
    this.#begin(bytes)
    await this.#writing
  }

  #encode(): Promise<void> | undefined {
    const text = this.#text
    this.#text = ''
    const [filling] = (this.#buffers ??= [newBuffer(), newBuffer()])
    if (text.length * mostBytesOfCharacter > filling.length - this.#filled) return this.#sendLong(text)
    this.#filled += filling.write(text, this.#filled)
    return this.#filled < pieceBytes ? undefined : this.#send()
  }

  async #sendLong(text: string): Promise<void> {
    await this.#send()
    await this.#writeBytes(Buffer.from(text))
  }

  /** Waits for the piece before: what follows is put together while this one is written. */
  async #send(): Promise<void> {
    await this.#writing
    if (this.#buffers === undefined || this.#filled === 0) return
    const [filling, written] = this.#buffers
    this.#begin(filling.subarray(0, this.#filled))
    this.#buffers = [written, filling]
    this.#filled = 0
  }

  #begin(bytes: Uint8Array): void {
    this.#size += bytes.length
    this.#hash?.update(bytes)
    this.#writing = this.#file.appendFile(bytes)
    // Whoever waits for it is told.
    this.#writing.catch(() => undefined)
  }
}

function newBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(pieceBytes + 2 * mostBytesOfCharacter * stretch)
}
