export { benchLakeMemory as measure } from '../lake-memory.ts'
