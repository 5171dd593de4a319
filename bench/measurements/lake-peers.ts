export { benchLakePeers as measure } from '../lake-peers.ts'
