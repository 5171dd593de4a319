import { openHome } from '@sluice/engine'
import { temporaryDirectory } from '../bench-home.ts'
import { report } from '../fork-child.ts'
import { measureRounds } from '../rounds.ts'
import { fannedOut, runIn, sequential } from '../workloads.ts'

// The workloads of ./dbos.ts for Sluice on the same PostgreSQL, without a server of ours. A crash and what follows it are in
// ../scripts/crash-and-resume.ts, a script with one step is ../scripts/one-task.ts.
//
// node sluice.ts tasks <sequential|fanned-out> <count> <rounds>

const [, , , kind, count = '0', rounds = '0'] = process.argv
const items = Number(count)
const flow = kind === 'fanned-out' ? fannedOut : sequential

await using directory = await temporaryDirectory()
await using home = await openHome({ home: directory.path, databaseUrl: process.env['BENCH_DATABASE_URL'] ?? '' })
report(await measureRounds(Math.max(items, 1), Number(rounds), () => runIn(home, flow, { count: items })))
