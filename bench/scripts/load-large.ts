import { report } from '../fork-child.ts'
import { loadLarge, ways } from '../lake-memory.ts'

// node load-large.ts <csv> <way>: one load, and what memory it took.
const [, , csv = '', wanted] = process.argv
const way = ways.find((each) => each === wanted)
if (!way) throw new Error(`${wanted} is none of ${ways.join(', ')}`)
report(await loadLarge(csv, way))
