import type { BlockKindJson } from '@sluice/api'

/** The kinds of blocks that this server can keep. */
export const blockKinds: readonly BlockKindJson[] = [
  {
    kind: 'Secret',
    description: 'One secret value.',
    fields: [{ name: 'value', type: 'string', secret: true, required: true, description: 'The secret.' }],
  },
  {
    kind: 'PostgresDatabase',
    description: 'How to reach a PostgreSQL database: a URL, or its parts.',
    fields: [
      { name: 'url', type: 'string', secret: true, required: false, description: 'postgres://user:password@host/db.' },
      { name: 'host', type: 'string', secret: false, required: false, description: 'Host name.' },
      { name: 'port', type: 'number', secret: false, required: false, description: 'Port; 5432 by default.' },
      { name: 'database', type: 'string', secret: false, required: false, description: 'Name of the database.' },
      { name: 'user', type: 'string', secret: false, required: false, description: 'User name.' },
      { name: 'password', type: 'string', secret: true, required: false, description: 'Password of the user.' },
      { name: 'ssl', type: 'boolean', secret: false, required: false, description: 'Whether to use TLS.' },
    ],
  },
  {
    kind: 'S3Bucket',
    description: 'A bucket of Amazon S3, or of what speaks like it, and how to log in.',
    fields: [
      { name: 'bucket', type: 'string', secret: false, required: true, description: 'Name of the bucket.' },
      { name: 'region', type: 'string', secret: false, required: false, description: 'Region, as eu-central-1.' },
      { name: 'endpoint', type: 'string', secret: false, required: false, description: 'URL of a store not Amazon’s.' },
      {
        name: 'forcePathStyle',
        type: 'boolean',
        secret: false,
        required: false,
        description: 'Whether the bucket is in the path; with an endpoint it is.',
      },
      { name: 'accessKeyId', type: 'string', secret: false, required: false, description: 'Id of the access key.' },
      {
        name: 'secretAccessKey',
        type: 'string',
        secret: true,
        required: false,
        description: 'The access key’s secret.',
      },
      { name: 'sessionToken', type: 'string', secret: true, required: false, description: 'Of temporary credentials.' },
    ],
  },
  {
    kind: 'GcsBucket',
    description: 'A bucket of Google Cloud Storage, and how to log in.',
    fields: [
      { name: 'bucket', type: 'string', secret: false, required: true, description: 'Name of the bucket.' },
      {
        name: 'credentials',
        type: 'string',
        secret: true,
        required: false,
        description: 'JSON of a service account’s key.',
      },
    ],
  },
]
