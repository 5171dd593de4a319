export { exitCodes } from './exit-code.ts'
export type { CliIo, Output } from './io.ts'
export { main } from './main.ts'
