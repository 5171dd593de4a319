export { benchLakeQuery as measure } from '../lake-query.ts'
