/** A version as people name it: a time where it is one, else a tag, a branch or the id of a snapshot. */
export function parseVersion(text: string): string | Date {
  const parts =
    /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?<zone>Z|[+-]\d\d:\d\d)?)?$/.exec(
      text,
    )?.groups
  if (parts === undefined) return text
  // Without a zone it is UTC, as times of the lake are.
  const date = new Date(`${parts['day']}T${parts['time'] ?? '00:00'}${parts['zone'] ?? 'Z'}`)
  return Number.isNaN(date.getTime()) ? text : date
}
