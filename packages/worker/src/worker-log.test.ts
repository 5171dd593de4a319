import { afterEach, expect, test, vi } from 'vitest'
import { standardLog } from './worker-log.ts'

const wasTTY = process.stderr.isTTY
afterEach(() => {
  vi.restoreAllMocks()
  process.stderr.isTTY = wasTTY
})

test('what a run prints cannot drive the terminal that its worker writes to; a file has it as it was', () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const message = 'loaded\t\u001B[2J\u0007\u009B31mé'
  process.stderr.isTTY = true
  standardLog('info', message)
  expect(written).toHaveBeenLastCalledWith('loaded\t\\x1b[2J\\x07\\x9b31mé\n')
  process.stderr.isTTY = false
  standardLog('warn', message)
  expect(written).toHaveBeenLastCalledWith(`warn: ${message}\n`)
})
