/** What a child takes over from the worker's own environment. A list, not an exclusion: the rest may hold the worker's secrets. */
const inherited = [
  'PATH',
  'HOME',
  'USER',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'TZ',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'NO_COLOR',
  'SLUICE_LOG_LEVEL',
  // Windows: without them no process starts.
  'SystemRoot',
  'TEMP',
]

export interface ChildEnvironment {
  readonly own: Readonly<Record<string, string | undefined>>
  readonly compileCache: string
}

/** The environment of a process that runs flows: no database URL, no worker token, no master key. */
export function childEnvironment({ own, compileCache }: ChildEnvironment): Record<string, string> {
  const env: Record<string, string> = { NODE_COMPILE_CACHE: compileCache }
  for (const name of inherited) {
    const value = own[name]
    if (value !== undefined) env[name] = value
  }
  return env
}
