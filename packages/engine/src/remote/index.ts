export { openRunHome, type RunHomeOptions } from './open-run-home.ts'
