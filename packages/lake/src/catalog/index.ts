// The catalogue of a lake, for servers and for those who mend one: no DuckDB, no tables.
export { decodeCommit, encodeLoad } from './commit-wire.ts'
export { decodeLineage } from './lineage-wire.ts'
export type { EmbeddedCatalog } from './embedded-catalog.ts'
export type { CheckRecord, Incident } from './findings.ts'
export { homeMayHaveLake, type LakeLook, lookAtLake, openHomeLake, type OpenedLake } from './open-server-lake.ts'
export { type RebuildReport, rebuildCatalog } from './rebuild-catalog.ts'
export { relocateLake } from './relocate-lake.ts'
export { type LakeProblem, type LakeReport, verifyLake } from './verify-lake.ts'
