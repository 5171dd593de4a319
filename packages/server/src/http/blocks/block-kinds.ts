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
]
