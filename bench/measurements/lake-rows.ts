export { benchLakeRows as measure } from '../lake.ts'
