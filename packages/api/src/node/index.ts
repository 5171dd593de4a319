export { type ConfigFile, configFilePath, type Profile, readConfigFile, writeConfigFile } from './config-file.ts'
export {
  addressOf,
  type Connection,
  type ConnectionQuery,
  findConnection,
  homeToken,
  runningServer,
  type ServerFile,
} from './connection.ts'
export { createNodeClient as createClient } from './create-node-client.ts'
export { findHomeDir } from './find-home.ts'
