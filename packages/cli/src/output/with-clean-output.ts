import type { CliIo } from '../io.ts'
import { keepStandardOutputClean } from '../platform.ts'

/** Runs `use` with a standard output that only `io` can write to, when `json` asks for one document there. */
export async function withCleanOutput<T>(io: CliIo, json: boolean, use: (io: CliIo) => Promise<T>): Promise<T> {
  if (!json) return use(io)
  const write = io.stdout.write.bind(io.stdout)
  const restore = keepStandardOutputClean(io)
  try {
    return await use({ ...io, stdout: { write } })
  } finally {
    restore()
  }
}
