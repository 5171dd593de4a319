import { SluiceError } from '@sluice/core'
import type { LoadRequest } from '../load-request.ts'
import type { SourceFile } from './source-file.ts'
import type { OpenedFile } from './stage-file.ts'

export function stageAvro(file: OpenedFile, _request: LoadRequest): Promise<SourceFile> {
  throw new SluiceError('LOAD_SOURCE_UNREADABLE', { source: file.label, problem: 'Avro is not read yet' })
}
