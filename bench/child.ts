import type { BenchRow } from './bench-row.ts'
import { report } from './fork-child.ts'

// node child.ts <name>: runs one measurement and reports its rows.
const measurement = (await import(`./measurements/${process.argv[2]}.ts`)) as {
  measure(): Promise<readonly BenchRow[]>
}
report(await measurement.measure())
