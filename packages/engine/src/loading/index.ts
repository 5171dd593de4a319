export { loadFlow, loadRecordedFlow } from './load-flow.ts'
export { importPlace, importProblem } from './import-problem.ts'
export { type FlowTarget, parseTarget } from './flow-target.ts'
