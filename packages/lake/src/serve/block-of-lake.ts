import { placeAt } from '../storage/lake-place.ts'

/** Whether a block is the one whose credentials the URL of a lake names: no other is given to the process that opens it. */
export function isBlockOf(location: string, kind: string, name: string): boolean {
  const place = placeAt(location)
  return place.kind === 'bucket' && (place.block === name || place.block === `${kind}/${name}`)
}
