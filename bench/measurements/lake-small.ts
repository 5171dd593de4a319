export { benchLakeSmall as measure } from '../lake.ts'
