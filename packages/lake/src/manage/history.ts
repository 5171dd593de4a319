// What a table's handle tells of it, and calls its versions.
export { branchTable, deleteBranch } from './branch-table.ts'
export { deleteTag, tagTable } from './tag-table.ts'
export { describeTable } from './describe-table.ts'
export { diffTable } from './diff-table.ts'
export { rollbackTable } from './move-refs.ts'
export { schemaVersions } from './schema-versions.ts'
export { tableChecks } from './table-checks.ts'
export { tableVersions } from './table-versions.ts'
