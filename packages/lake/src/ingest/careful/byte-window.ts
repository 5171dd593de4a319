import { type FileHandle, open } from 'node:fs/promises'

/** A part of a file in memory that moves on through it: flat, however big the file is. */
export interface ByteWindow extends AsyncDisposable {
  /** Valid from `start` to `end`. */
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Where in the file `bytes[0]` is. */
  readonly base: number
  /** Whether the file ends at `end`. */
  readonly last: boolean
  /** Forgets what is before `at` and reads on. */
  advance(at: number): Promise<void>
}

const readSize = 1 << 21

export async function openWindow(path: string): Promise<ByteWindow> {
  const file = await open(path, 'r')
  const window = new Window(file)
  await window.advance(0)
  return window
}

class Window implements ByteWindow {
  bytes: Buffer = Buffer.allocUnsafe(2 * readSize)
  start = 0
  end = 0
  base = 0
  last = false
  readonly #file: FileHandle

  constructor(file: FileHandle) {
    this.#file = file
  }

  async advance(at: number): Promise<void> {
    const kept = this.end - at
    const room = kept + readSize
    const next = room > this.bytes.length ? Buffer.allocUnsafe(room * 2) : this.bytes
    this.bytes.copy(next, 0, at, this.end)
    this.bytes = next
    this.base += at
    this.start = 0
    const { bytesRead } = await this.#file.read(next, kept, readSize, this.base + kept)
    this.end = kept + bytesRead
    this.last = bytesRead === 0
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close()
  }
}
