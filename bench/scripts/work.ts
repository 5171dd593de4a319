// node work.ts <JSON of WorkerOptions and, for processes, how often one is used>: a worker, until SIGTERM.
import { drainOnSignals, processLauncher, startWorker, type WorkerOptions } from '@sluice/worker'

const { reuse, ...options } = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions & { readonly reuse?: number }
const { project = '.', home = '.sluice' } = options
const launcher = reuse === undefined ? {} : { launcher: processLauncher({ project, home, reuse }) }
const worker = startWorker({ ...options, ...launcher })
using _signals = drainOnSignals(worker)
await worker.ended
