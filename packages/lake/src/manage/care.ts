// What `lake` tells of itself as a whole, and lets be done to it.
export { findIncident, listIncidents, resolveIncident } from './incidents.ts'
export { listTables } from './list-tables.ts'
export { sweepLake } from '../upkeep/sweep-lake.ts'
export { verifyLake } from '../catalog/verify-lake.ts'
