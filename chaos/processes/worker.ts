// node worker.ts <JSON of WorkerOptions>: one worker, until it has drained.
import { drainOnSignals, startWorker, type WorkerOptions } from '@sluice/worker'

const options = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions
const worker = startWorker(options)
using _signals = drainOnSignals(worker)
await worker.ended
