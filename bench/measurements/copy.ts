export { benchCopy as measure } from '../copy.ts'
