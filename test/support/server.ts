import { createTestHarness } from 'wrangler'
import { demoKeys } from '../../schema/demo.ts'
import type { Flag } from '../../schema/flag.ts'
import type { KeyKind } from '../../schema/key.ts'
import type { Env } from '../../worker/env.ts'
import { hashSecret } from '../../worker/secret.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { createKey } from '../../worker/store/keys.ts'

const configPath = new URL('../../wrangler.toml', import.meta.url).pathname

/** The local credentials of design §8, by their kind. */
export const credential = Object.fromEntries(
  demoKeys.map(({ kind, secret }) => [kind, secret]),
) as Record<KeyKind, string>

export type Sent = {
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export type Edit = { flag: Flag | null; snapshotVersion: number; published: boolean }

/** Talks to a server at an address, as an admin with curl would. */
export const apiAt = (url: string) => {
  const send = (method: string, path: string, { as, body, headers }: Sent = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: {
        ...(as && { Authorization: `Bearer ${as}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  /** The parsed answer, when it is a good one. */
  const ask = async <T>(method: string, path: string, sent?: Sent): Promise<T> => {
    const answer = await send(method, path, sent)
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  const edit = (method: 'PUT' | 'PATCH' | 'DELETE') => (key: string, body: object) =>
    ask<Edit>(method, `/api/flags/${key}`, { as: credential.admin, body })

  return {
    url,
    send,
    ask,
    setFlag: edit('PUT'),
    updateFlag: edit('PATCH'),
    deleteFlag: edit('DELETE'),
    /** All flags for a user, from a snapshot that is at least this version. */
    evaluate: (context: object, minVersion = 0) =>
      ask<{ flags: Record<string, boolean>; version: number }>(
        'POST',
        `/v1/flags/evaluate?minVersion=${minVersion}`,
        { as: credential.client, body: { context } },
      ),
  }
}

export type Api = ReturnType<typeof apiAt>
export type Server = Api & {
  /** Stops the server; throws when the Worker logged an error, which no test here asks it to. */
  readonly close: () => Promise<void>
}

/**
 * Starts the Worker in workerd on a free port of this machine, with storage of its own that goes when it is closed:
 * migrated, the local credentials in it, no flags.
 */
export const startServer = async (): Promise<Server> => {
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false' // miniflare asks the network else
  process.env.WRANGLER_LOG ??= 'error'
  const harness = createTestHarness({ workers: [{ configPath }] })
  const { url } = await harness.listen()
  const worker = harness.getWorker<Env>()
  await worker.applyD1Migrations('DB')
  const db = openDatabase((await worker.getEnv()).DB)
  for (const { name, kind, secret } of demoKeys)
    await createKey(
      db,
      { actor: 'test', at: new Date(), comment: undefined },
      { id: kind, name, kind, hash: hashSecret(secret) },
    )
  return {
    ...apiAt(url.origin),
    close: async () => {
      const errors = harness.getLogs().filter(({ level }) => level === 'error')
      await harness.close()
      if (errors.length > 0) throw new Error(`the Worker logged ${JSON.stringify(errors)}`)
    },
  }
}
