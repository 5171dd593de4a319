import { SluiceError } from '@sluice/core'

const prefix = 'release/'

/** The tag that a release has on each of its tables. Throws `OPTION_INVALID` for what cannot be a name. */
export function releaseTag(release: string): string {
  if (!/^[a-z0-9][\w.-]{0,99}$/i.test(release))
    throw new SluiceError('OPTION_INVALID', {
      option: 'release',
      problem: `${JSON.stringify(release)} is not a letter or digit, followed by letters, digits, '_', '-' and '.'`,
    })
  return prefix + release
}

/** The release that a tag is of, if it is of one. */
export function releaseOfTag(tag: string): string | undefined {
  return tag.startsWith(prefix) ? tag.slice(prefix.length) : undefined
}
