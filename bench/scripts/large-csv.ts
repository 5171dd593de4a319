import { DuckDBInstance } from '@duckdb/node-api'
import { report } from '../fork-child.ts'
import { lakeColumns } from '../lake.ts'

// node large-csv.ts <file> <bytes>: about so many bytes of CSV.
const [, , file = '', bytes = '0'] = process.argv
const duck = await (await DuckDBInstance.create()).connect()
await duck.run(`COPY (SELECT ${lakeColumns} FROM range(${Math.floor(Number(bytes) / 52)})) TO '${file}' (HEADER)`)
report(true)
