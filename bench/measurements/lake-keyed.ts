export { benchLakeKeyed as measure } from '../lake.ts'
