import * as z from 'zod'
import { json, label, page, paging } from '../basics.ts'
import { apiToken, createdApiToken, newApiToken } from '../entities/api-token.ts'
import { block, blockKind, newBlock } from '../entities/block.ts'
import { limit, slots } from '../entities/limit.ts'
import { variable } from '../entities/variable.ts'
import { operation } from '../operation.ts'
import { blockParams, limitParams, tokenParams, variableParams } from '../params.ts'

const limitTags = ['Limits'] as const
const variableTags = ['Variables'] as const
const blockTags = ['Blocks'] as const
const tokenTags = ['Tokens'] as const

const listLimits = operation('listLimits', {
  summary: 'Concurrency limits, by name',
  tags: limitTags,
  scope: 'read',
  query: z.strictObject(paging),
  responses: { 200: page(limit) },
})

const getLimit = operation('getLimit', {
  summary: 'One limit, and who holds it',
  tags: limitTags,
  scope: 'read',
  params: limitParams,
  responses: { 200: limit },
  problems: ['LIMIT_NOT_FOUND'],
})

const putLimit = operation('putLimit', {
  summary: 'Create or change a limit',
  description: "An operator's number wins over the one that code declares.",
  tags: limitTags,
  scope: 'admin',
  params: limitParams,
  body: z.strictObject({ slots }),
  responses: { 200: limit, 201: limit },
})

const deleteLimit = operation('deleteLimit', {
  summary: 'Delete a limit',
  description: 'Who waits for it goes on; code that declares it makes it again.',
  tags: limitTags,
  scope: 'admin',
  params: limitParams,
  responses: { 204: null },
  problems: ['LIMIT_NOT_FOUND'],
})

const listVariables = operation('listVariables', {
  summary: 'Variables, by name',
  tags: variableTags,
  scope: 'read',
  query: z.strictObject(paging),
  responses: { 200: page(variable) },
})

const getVariable = operation('getVariable', {
  summary: 'One variable',
  tags: variableTags,
  scope: 'read',
  params: variableParams,
  responses: { 200: variable },
  problems: ['VARIABLE_NOT_FOUND'],
})

const putVariable = operation('putVariable', {
  summary: 'Set a variable',
  tags: variableTags,
  scope: 'admin',
  params: variableParams,
  body: z.strictObject({ value: json }),
  responses: { 200: variable, 201: variable },
})

const deleteVariable = operation('deleteVariable', {
  summary: 'Delete a variable',
  tags: variableTags,
  scope: 'admin',
  params: variableParams,
  responses: { 204: null },
  problems: ['VARIABLE_NOT_FOUND'],
})

const listBlockKinds = operation('listBlockKinds', {
  summary: 'Kinds of blocks that can be saved',
  tags: blockTags,
  scope: 'read',
  responses: { 200: z.strictObject({ items: z.array(blockKind).max(1_000), next: z.null() }) },
})

const listBlocks = operation('listBlocks', {
  summary: 'Blocks, by kind and name',
  tags: blockTags,
  scope: 'read',
  query: z.strictObject({ kind: label(100).optional(), ...paging }),
  responses: { 200: page(block) },
})

const getBlock = operation('getBlock', {
  summary: 'One block, its secrets masked',
  tags: blockTags,
  scope: 'read',
  params: blockParams,
  responses: { 200: block },
  problems: ['BLOCK_NOT_FOUND'],
})

const putBlock = operation('putBlock', {
  summary: 'Save a block',
  description: 'A secret that is sent as eight asterisks keeps its value.',
  tags: blockTags,
  scope: 'admin',
  params: blockParams,
  body: newBlock,
  responses: { 200: block, 201: block },
  problems: ['BLOCK_INVALID', 'SECRET_KEY_MISSING'],
})

const deleteBlock = operation('deleteBlock', {
  summary: 'Delete a block',
  tags: blockTags,
  scope: 'admin',
  params: blockParams,
  responses: { 204: null },
  problems: ['BLOCK_NOT_FOUND'],
})

const listTokens = operation('listTokens', {
  summary: 'API tokens, newest first',
  tags: tokenTags,
  scope: 'admin',
  query: z.strictObject(paging),
  responses: { 200: page(apiToken) },
})

const createToken = operation('createToken', {
  summary: 'Make an API token',
  description: 'The token itself is told here and never again.',
  tags: tokenTags,
  scope: 'admin',
  body: newApiToken,
  responses: { 201: createdApiToken },
  problems: ['OPTION_INVALID'],
})

const revokeToken = operation('revokeToken', {
  summary: 'Revoke an API token',
  tags: tokenTags,
  scope: 'admin',
  params: tokenParams,
  responses: { 204: null },
  problems: ['TOKEN_NOT_FOUND'],
})

export const settingRoutes = {
  listLimits,
  getLimit,
  putLimit,
  deleteLimit,
  listVariables,
  getVariable,
  putVariable,
  deleteVariable,
  listBlockKinds,
  listBlocks,
  getBlock,
  putBlock,
  deleteBlock,
  listTokens,
  createToken,
  revokeToken,
}
