import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterAll, vi } from 'vitest'
import { AuditEntry } from '../../schema/audit.ts'
import { demoKeys } from '../../schema/demo.ts'
import type { Flag } from '../../schema/flag.ts'
import { ErrorBody } from '../../schema/problem.ts'
import { app } from '../../worker/app.ts'
import type { Env } from '../../worker/env.ts'
import { hashSecret } from '../../worker/lib/secret.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { createKey } from '../../worker/store/keys.ts'
import { ADMIN, VIEWER } from './credentials.ts'

export type Sent = {
  readonly as?: string | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

const toBody = (body: unknown): BodyInit =>
  typeof body === 'string' || body instanceof ReadableStream ? body : JSON.stringify(body)

/** `as` is a credential; a `body` that is neither a string nor a stream goes as JSON. */
export const createRequest = (method: string, path: string, { as, body, headers }: Sent = {}) =>
  new Request(`https://flags.test${path}`, {
    method,
    headers: {
      ...(as && { Authorization: `Bearer ${as}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: toBody(body) }),
  })

/** Sends a request to the Worker under test. */
export const send = (method: string, path: string, sent?: Sent): Promise<Response> =>
  exports.default.fetch(createRequest(method, path, sent))

/** Sends a request to the app with bindings of the test's own, and waits for what it leaves running. */
export const sendWith = async (
  bindings: Env,
  method: string,
  path: string,
  sent?: Sent,
): Promise<Response> => {
  const context = createExecutionContext()
  const answer = await app.fetch(createRequest(method, path, sent), bindings, context)
  await waitOnExecutionContext(context)
  return answer
}

/** The parsed body of an answer. */
export const json = async <T = Record<string, unknown>>(
  answer: Promise<Response> | Response,
): Promise<T> => (await answer).json<T>()

/** A refusal: its status beside its body, which must be the one error body. */
export const problem = async (answer: Promise<Response> | Response) => {
  const { status, headers } = await answer
  return { status, headers, ...ErrorBody.strict().parse(await json(answer)) }
}

/** The local credentials, put into the empty database of a test file. */
export const seedKeys = async (): Promise<void> => {
  const editor = { actor: 'test', at: new Date(), comment: undefined }
  for (const { name, kind, secret, settings } of demoKeys)
    await createKey(openDatabase(env.DB), editor, {
      id: name,
      name,
      kind,
      hash: hashSecret(secret),
      settings,
    })
}

export { ADMIN, CLIENT, EDITOR, SERVER, VIEWER } from './credentials.ts'
type FlagEdit = {
  readonly flag: Flag
  readonly snapshotVersion: number
  readonly published: boolean
}

/** Creates or replaces a flag. By default it is on for all users. */
export const putFlag = (key: string, settings: object = {}): Promise<FlagEdit> =>
  json(send('PUT', `/api/flags/${key}`, { as: ADMIN, body: { ...ON, ...settings } }))

const ON = { enabled: true, rollout: 100 }

/** Makes a key or token; `version` is the snapshot's that knows it. */
export const makeKey = async (name: string, kind: string, settings: object = {}) => {
  const { key, secret, snapshotVersion } = await json<{
    key: { id: string }
    secret: string
    snapshotVersion: number
  }>(send('POST', '/api/keys', { as: ADMIN, body: { name, kind, ...settings } }))
  return { id: key.id, secret, version: snapshotVersion }
}

/** Revokes a key or token. Returns the snapshot version without it. */
export const revokeKey = async (id: string): Promise<number> =>
  (await json<{ snapshotVersion: number }>(send('DELETE', `/api/keys/${id}`, { as: ADMIN })))
    .snapshotVersion

/** The audit of one target, the newest first. */
export const readAudit = async (target: string): Promise<AuditEntry[]> =>
  AuditEntry.array().parse(
    (await json(send('GET', `/api/audit?limit=200&target=${target}`, { as: VIEWER }))).items,
  )

/** What every committed edit moves: the snapshot version and the number of audit rows. */
export const recorded = () =>
  env.DB.prepare(
    `SELECT version AS snapshotVersion, (SELECT count(*) FROM admin_action) AS audits
     FROM snapshot_state`,
  ).first<{ snapshotVersion: number; audits: number }>()

/** Captures the console for a test file: all logged lines. */
export const watchConsole = (): unknown[][] => {
  const lines: unknown[][] = []
  const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...line) => void lines.push(line)),
  )
  afterAll(() => spies.forEach((spy) => spy.mockRestore()))
  return lines
}
