import type { CatalogStore } from './catalog-store.ts'
import type { Driver } from './driver.ts'
import { isId } from './paging.ts'
import { deleteBlock, getBlock, listBlocks, putBlock, resealBlocks } from './queries/catalog/blocks.ts'
import { deleteDeployment } from './queries/catalog/delete-deployment.ts'
import { findDeployment, getDeployment, getDeploymentVersion } from './queries/catalog/get-deployment.ts'
import { deleteLimit, getLimit, listLimits, putLimit } from './queries/catalog/limits.ts'
import { listDeployments, listDeploymentVersions } from './queries/catalog/list-deployments.ts'
import { listWorkers } from './queries/catalog/list-workers.ts'
import { setDeploymentPaused, setScheduleActive } from './queries/catalog/pause-schedules.ts'
import { deletePool, listPools, putPool, setPoolPaused } from './queries/catalog/pools.ts'
import { putDeployment } from './queries/catalog/put-deployment.ts'
import { deleteQueue, listQueues, putQueue, setQueuePaused } from './queries/catalog/queues.ts'
import { getSetting, initSetting, putSetting } from './queries/catalog/settings.ts'
import { createToken, findToken, listTokens, revokeToken } from './queries/catalog/tokens.ts'
import { deleteVariable, getVariable, listVariables, putVariable } from './queries/catalog/variables.ts'
import { dueSchedules } from './queries/schedules/due-schedules.ts'
import { fireSchedules } from './queries/schedules/fire-schedules.ts'
import { emptyPage } from './paging.ts'
import { defaultWorkspace } from './store.ts'

/** What an installation keeps beside its runs. */
export function catalogMethods(driver: Driver): CatalogStore {
  return {
    ...deploymentMethods(driver),
    ...scheduleMethods(driver),
    ...poolMethods(driver),
    ...limitMethods(driver),
    ...variableMethods(driver),
    ...blockMethods(driver),
    ...tokenMethods(driver),
    ...settingMethods(driver),
  }
}

type DeploymentMethods = Pick<
  CatalogStore,
  | 'putDeployment'
  | 'getDeployment'
  | 'findDeployment'
  | 'listDeployments'
  | 'deleteDeployment'
  | 'getDeploymentVersion'
  | 'listDeploymentVersions'
>

function deploymentMethods(driver: Driver): DeploymentMethods {
  return {
    putDeployment: (put) => driver.transact(() => putDeployment(put, driver.platform)),
    getDeployment: async (id) => (isId(id) ? driver.run(() => getDeployment(id)) : undefined),
    findDeployment: (flow, name) => driver.run(() => findDeployment(defaultWorkspace, flow, name)),
    listDeployments: (query) => driver.run(() => listDeployments(defaultWorkspace, query)),
    deleteDeployment: async (id) => isId(id) && driver.transact(() => deleteDeployment(id)),
    getDeploymentVersion: async (id) => (isId(id) ? driver.run(() => getDeploymentVersion(id)) : undefined),
    listDeploymentVersions: async (id, query) =>
      isId(id) ? driver.run(() => listDeploymentVersions(id, query)) : emptyPage,
  }
}

type ScheduleMethods = Pick<
  CatalogStore,
  'setDeploymentPaused' | 'setScheduleActive' | 'dueSchedules' | 'fireSchedules'
>

function scheduleMethods(driver: Driver): ScheduleMethods {
  return {
    setDeploymentPaused: async (id, paused, nextAt) =>
      isId(id) ? driver.transact(() => setDeploymentPaused(id, paused, nextAt)) : undefined,
    setScheduleActive: async (id, active, nextAt) =>
      isId(id) ? driver.transact(() => setScheduleActive(id, active, nextAt)) : undefined,
    dueSchedules: (limit) => driver.run(() => dueSchedules(limit)),
    fireSchedules: (firings) => driver.transact(() => fireSchedules(firings)),
  }
}

type PoolMethods = Pick<
  CatalogStore,
  | 'listPools'
  | 'putPool'
  | 'setPoolPaused'
  | 'deletePool'
  | 'listQueues'
  | 'putQueue'
  | 'setQueuePaused'
  | 'deleteQueue'
  | 'listWorkers'
>

function poolMethods(driver: Driver): PoolMethods {
  return {
    listPools: () => driver.run(listPools),
    putPool: (pool) => driver.transact(() => putPool(pool)),
    setPoolPaused: (name, paused) => driver.transact(() => setPoolPaused(name, paused)),
    deletePool: (name) => driver.transact(() => deletePool(name)),
    listQueues: (pool) => driver.run(() => listQueues(pool)),
    putQueue: (queue) => driver.transact(() => putQueue(queue)),
    setQueuePaused: (pool, name, paused) => driver.transact(() => setQueuePaused(pool, name, paused)),
    deleteQueue: (pool, name) => driver.transact(() => deleteQueue(pool, name)),
    listWorkers: (query) => driver.run(() => listWorkers(query)),
  }
}

function limitMethods(driver: Driver): Pick<CatalogStore, 'listLimits' | 'getLimit' | 'putLimit' | 'deleteLimit'> {
  return {
    listLimits: () => driver.run(listLimits),
    getLimit: (name) => driver.run(() => getLimit(name)),
    putLimit: (name, slots) => driver.transact(() => putLimit(name, slots)),
    deleteLimit: (name) => driver.transact(() => deleteLimit(name)),
  }
}

type VariableMethods = Pick<CatalogStore, 'getVariable' | 'listVariables' | 'putVariable' | 'deleteVariable'>

function variableMethods(driver: Driver): VariableMethods {
  return {
    getVariable: (name) => driver.run(() => getVariable(defaultWorkspace, name)),
    listVariables: (query) => driver.run(() => listVariables(defaultWorkspace, query)),
    putVariable: (name, value) => driver.run(() => putVariable(defaultWorkspace, name, value)),
    deleteVariable: (name) => driver.run(() => deleteVariable(defaultWorkspace, name)),
  }
}

type BlockMethods = Pick<CatalogStore, 'getBlock' | 'listBlocks' | 'putBlock' | 'deleteBlock' | 'resealBlocks'>

function blockMethods(driver: Driver): BlockMethods {
  return {
    getBlock: (kind, name) => driver.run(() => getBlock(defaultWorkspace, kind, name)),
    listBlocks: (query) => driver.run(() => listBlocks(defaultWorkspace, query)),
    putBlock: (block) => driver.run(() => putBlock(defaultWorkspace, driver.platform.newId(), block)),
    deleteBlock: (kind, name) => driver.run(() => deleteBlock(defaultWorkspace, kind, name)),
    resealBlocks: (changes) => driver.transact(() => resealBlocks(changes)),
  }
}

type TokenMethods = Pick<CatalogStore, 'createToken' | 'findToken' | 'listTokens' | 'revokeToken'>

function tokenMethods(driver: Driver): TokenMethods {
  return {
    createToken: (token) => driver.run(() => createToken(defaultWorkspace, driver.platform.newId(), token)),
    findToken: (hash) => driver.run(() => findToken(hash)),
    listTokens: () => driver.run(() => listTokens(defaultWorkspace)),
    revokeToken: async (id) => (isId(id) ? driver.run(() => revokeToken(id)) : undefined),
  }
}

function settingMethods(driver: Driver): Pick<CatalogStore, 'getSetting' | 'initSetting' | 'putSetting'> {
  return {
    getSetting: (key) => driver.run(() => getSetting(key)),
    initSetting: (key, value) => driver.run(() => initSetting(key, value)),
    putSetting: (key, value) => driver.run(() => putSetting(key, value)),
  }
}
