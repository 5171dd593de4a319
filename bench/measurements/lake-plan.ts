export { benchLakePlan as measure } from '../lake-plan.ts'
