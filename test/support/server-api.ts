import { demoKeys } from '../../schema/demo.ts'
import type { Flag } from '../../schema/flag.ts'
import type { KeyKind } from '../../schema/key.ts'

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
