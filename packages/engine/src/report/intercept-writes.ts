import { StringDecoder } from 'node:string_decoder'
import type { ReportStream } from './report-stream.ts'

/** A stream whose ordinary writers can be taken aside for a while. */
export interface SharedStream extends ReportStream {
  write(chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean
}

/** A way to a stream that goes past {@link interceptWrites}. */
export function directStream(stream: ReportStream): ReportStream {
  const write = stream.write.bind(stream)
  return {
    write: (text) => write(text),
    get isTTY() {
      return stream.isTTY
    },
    get columns() {
      return stream.columns
    },
    get rows() {
      return stream.rows
    },
    hasColors: () => stream.hasColors?.() ?? false,
  }
}

/**
 * Hands everything that is written to these streams to `onText` until the returned function is called, because text that
 * others write to the terminal would land in the middle of a live view.
 */
export function interceptWrites(streams: readonly SharedStream[], onText: (text: string) => void): () => void {
  const restores = streams.map((stream) => {
    const own = Object.getOwnPropertyDescriptor(stream, 'write')
    const decoder = new StringDecoder('utf8')
    stream.write = (chunk, ...rest) => {
      onText(typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk)))
      const done = rest.find((each): each is () => void => typeof each === 'function')
      if (done !== undefined) queueMicrotask(done)
      return true
    }
    return () => {
      if (own === undefined) Reflect.deleteProperty(stream, 'write')
      else Object.defineProperty(stream, 'write', own)
    }
  })
  return () => restores.forEach((restore) => restore())
}
