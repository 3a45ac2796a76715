import { createTestHarness } from 'wrangler'
import { demoKeys } from '../../schema/demo.ts'
import type { Env } from '../../worker/env.ts'
import { hashSecret } from '../../worker/lib/secret.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { createKey } from '../../worker/store/keys.ts'
import { apiAt, type Api } from './server-api.ts'

const configPath = new URL('../../wrangler.toml', import.meta.url).pathname

export type Server = Api & {
  /** Stops the server; throws when the Worker logged an error, unless that is what a test is about. */
  readonly close: () => Promise<void>
}

/** Starts the Worker in workerd on a free port of this machine, its storage empty, and gone when it is closed. */
export const startEmptyServer = async ({
  secrets = {},
  hasErrors = false,
}: { secrets?: Record<string, string>; hasErrors?: boolean } = {}) => {
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false' // miniflare asks the network else
  process.env.WRANGLER_LOG ??= 'error'
  const harness = createTestHarness({ workers: [{ configPath, secrets }] })
  const { url } = await harness.listen()
  const worker = harness.getWorker<Env>()
  await worker.applyD1Migrations('DB')
  const { DB } = await worker.getEnv()
  const close = async () => {
    const errors = harness.getLogs().filter(({ level }) => level === 'error')
    await harness.close()
    if (errors.length > 0 && !hasErrors)
      throw new Error(`the Worker logged ${JSON.stringify(errors)}`)
  }
  return { ...apiAt(url.origin), close, d1: DB }
}

/** The same with the local credentials in it, and nothing else. */
export const startServer = async (
  options?: Parameters<typeof startEmptyServer>[0],
): Promise<Server & { readonly d1: D1Database }> => {
  const server = await startEmptyServer(options)
  const editor = { actor: 'test', at: new Date(), comment: undefined }
  for (const { name, kind, secret, settings } of demoKeys) {
    const key = { id: kind, name, kind, hash: hashSecret(secret), settings }
    await createKey(openDatabase(server.d1), editor, key)
  }
  return server
}
