export { benchLakeCsv as measure } from '../lake.ts'
