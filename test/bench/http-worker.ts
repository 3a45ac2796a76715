import { app } from '../../worker/app.ts'
import type { Env } from '../../worker/env.ts'
import { hashSecret } from '../../worker/lib/secret.ts'
import { createFlags } from './workload.ts'

/* The whole Worker, warm: its app with a snapshot of 200 flags where KV and the Publisher would be. */

const snapshot = JSON.stringify({
  format: 1,
  version: 1,
  builtAt: new Date(0).toISOString(),
  flags: createFlags(200),
  experiments: [],
  keys: [{ id: 'bench', kind: 'client', hash: hashSecret('flags_client_local') }],
})

const publisher = {
  newerThan: async () => ({ version: 1, snapshot: null, ageMs: 0 }),
  used: async () => {},
}

const env = {
  SNAPSHOTS: { get: async () => snapshot },
  PUBLISHER: { getByName: () => publisher },
  ALLOWED_ORIGINS: '*',
} as unknown as Env

export default {
  fetch: (request, _env, context) => app.fetch(request, env, context),
} satisfies ExportedHandler
