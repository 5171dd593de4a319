import { SluiceError } from '@sluice/core'

/** The error of a file of the format that cannot be understood: it never becomes a wrong answer. */
export function metadataInvalid(problem: string, cause?: unknown): SluiceError<'LAKE_METADATA_INVALID'> {
  return new SluiceError('LAKE_METADATA_INVALID', { problem }, cause === undefined ? undefined : { cause })
}
