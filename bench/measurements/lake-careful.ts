export { benchLakeCareful as measure } from '../lake-careful.ts'
