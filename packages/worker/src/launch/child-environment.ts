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
  'SLUICE_LAKE_CACHE_SIZE',
  'SLUICE_LAKE_MEMORY',
  'XDG_CACHE_HOME',
  // Where credentials of buckets are, or come from; never the credentials themselves.
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_CLOUD_PROJECT',
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
