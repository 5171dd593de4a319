// What a server needs of the lake: its catalogue, and what goes over the wire. No DuckDB, no tables.
export { decodeCommit, encodeLoad } from './commit-wire.ts'
export type { EmbeddedCatalog } from './embedded-catalog.ts'
export { openHomeLake, type OpenedLake } from './open-server-lake.ts'
