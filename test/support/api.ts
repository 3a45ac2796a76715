import { exports } from 'cloudflare:workers'
import { env } from 'cloudflare:workers'
import { demoKeys } from '../../schema/demo.ts'
import { hashSecret } from '../../worker/secret.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { createKey } from '../../worker/store/keys.ts'

export type Sent = {
  readonly as?: string | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** Sends a request to the Worker under test; `as` is a credential, a `body` that is not a string goes as JSON. */
export const send = (
  method: string,
  path: string,
  { as, body, headers }: Sent = {},
): Promise<Response> =>
  exports.default.fetch(
    new Request(`https://flags.test${path}`, {
      method,
      headers: {
        ...(as && { Authorization: `Bearer ${as}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }),
  )

/** The parsed body of an answer. */
export const json = async <T = Record<string, unknown>>(
  answer: Promise<Response> | Response,
): Promise<T> => (await answer).json<T>()

/** The local credentials, put into the empty database of a test file. */
export const seedKeys = async (): Promise<void> => {
  const editor = { actor: 'test', at: new Date(), comment: undefined }
  for (const { name, kind, secret } of demoKeys)
    await createKey(openDatabase(env.DB), editor, {
      id: name,
      name,
      kind,
      hash: hashSecret(secret),
    })
}

export { ADMIN, CLIENT, EDITOR, SERVER, VIEWER } from './credentials.ts'
