import { report } from '../fork-child.ts'
import { planTable } from '../lake-plan.ts'

// node plan-table.ts <directory>: plans the table that `lake-plan` wrote there.
report(await planTable(process.argv[2] ?? ''))
