import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import type { TryAgain } from '@sluice/core'
import { open, readFile } from 'node:fs/promises'
import type { S3Sdk } from './open-s3-client.ts'
import { writerField } from './s3-bucket.ts'

/** Up to here a file is one request; beyond it is sent in parts of this size, or larger ones where there would be too many. */
const partSize = 8 * 1024 * 1024
const mostParts = 10_000
/** Parts that are in memory at once. */
const atOnce = 3

export interface FileToPut {
  readonly client: S3Client
  readonly sdk: S3Sdk
  readonly of: { readonly Bucket: string; readonly Key: string }
  readonly file: string
  readonly size: number
  readonly ifAbsent: boolean
  readonly writer: string
  readonly again: TryAgain
}

/** Sends a file, of which a few parts are in memory at a time. Of an upload that fails nothing stays in the bucket. */
export async function putInParts(put: FileToPut, whole: (body: Uint8Array) => Promise<void>): Promise<void> {
  const { client, sdk, of, file, size, ifAbsent, writer, again } = put
  if (size <= partSize) return whole(await readFile(file))
  const begin = { ...of, Metadata: { [writerField]: writer } }
  const { UploadId } = await again(() => client.send(new sdk.CreateMultipartUploadCommand(begin)))
  const upload = { ...of, UploadId }
  try {
    const Parts = await sendParts(put, UploadId)
    const complete = { ...upload, MultipartUpload: { Parts }, ...(ifAbsent && { IfNoneMatch: '*' }) }
    await client.send(new sdk.CompleteMultipartUploadCommand(complete))
  } catch (error) {
    await again(() => client.send(new sdk.AbortMultipartUploadCommand(upload))).catch(() => undefined)
    throw error
  }
}

async function sendParts(
  { client, sdk, of, file, size, again }: FileToPut,
  UploadId: string | undefined,
): Promise<CompletedPart[]> {
  const length = Math.max(partSize, Math.ceil(size / mostParts))
  const count = Math.ceil(size / length)
  const parts: CompletedPart[] = []
  await using handle = await open(file)
  const send = async (index: number): Promise<void> => {
    const Body = new Uint8Array(Math.min(length, size - index * length))
    for (let read = 0; read < Body.length;) {
      const { bytesRead } = await handle.read(Body, read, Body.length - read, index * length + read)
      if (bytesRead === 0) throw new Error(`${file} became shorter while it was sent`)
      read += bytesRead
    }
    const part = { ...of, UploadId, PartNumber: index + 1, Body, ContentLength: Body.length }
    const { ETag } = await again(() => client.send(new sdk.UploadPartCommand(part)))
    parts[index] = { PartNumber: index + 1, ETag }
  }
  let next = 0
  const sender = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      await send(index).catch((error: unknown) => {
        // Nobody begins another part of what has failed.
        next = count
        throw error
      })
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, sender))
  for (const each of ended) if (each.status === 'rejected') throw each.reason
  return parts
}
