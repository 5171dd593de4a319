export { benchLakeMerge as measure } from '../lake.ts'
