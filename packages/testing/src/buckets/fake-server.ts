import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BucketFaults, type PlannedFault } from './bucket-faults.ts'
import { StoredObjects } from './stored-objects.ts'

/** An object store in this process, with one bucket, that fails as it is told. */
export interface FakeBucketServer extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly endpoint: string
  readonly bucket: string
  readonly objects: StoredObjects
  readonly faults: BucketFaults
  /** The next requests of this kind go wrong. */
  fail(fault: PlannedFault): void
}

export interface FakeServerParts {
  readonly objects: StoredObjects
  readonly faults: BucketFaults
  readonly bucket: string
  readonly endpoint: () => string
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => Promise<void>

export async function startFakeServer(answerWith: (parts: FakeServerParts) => Answer): Promise<FakeBucketServer> {
  const objects = new StoredObjects()
  const faults = new BucketFaults()
  const bucket = 'lake'
  let endpoint = ''
  const answer = answerWith({ objects, faults, bucket, endpoint: () => endpoint })
  const server = createServer((request, response) => {
    void bodyOf(request)
      .then((body) => answer(request, response, body))
      .catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500)
        response.end(String(error))
      })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    bucket,
    objects,
    faults,
    fail: (fault) => faults.plan(fault),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
