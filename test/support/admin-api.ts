import type { Flag } from '../../schema/flag.ts'
import { ADMIN } from './credentials.ts'
import { getOrigin } from './origin.ts'

/** Sends a request to the admin API of the shared e2e server, as the local admin by default. */
export const adminApi = (method: string, path: string, body?: unknown, as = ADMIN) =>
  fetch(`${getOrigin()}${path}`, {
    method,
    headers: { Authorization: `Bearer ${as}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

/** Reads a list that fits on one page. */
export const listItems = async <T>(path: string): Promise<T[]> => {
  const answer = await adminApi('GET', `${path}?limit=200`)
  return (await answer.json<{ items: T[] }>()).items
}

/** Creates a client key with these settings. */
export const createClientKey = async (name: string, settings: object): Promise<void> => {
  const answer = await adminApi('POST', '/api/keys', { name, kind: 'client', ...settings })
  if (!answer.ok) throw new Error(await answer.text())
}

/** Creates or replaces a flag. */
export const putFlag = async (key: string, settings: object, as = ADMIN): Promise<Flag> => {
  const answer = await adminApi('PUT', `/api/flags/${key}`, settings, as)
  if (!answer.ok) throw new Error(await answer.text())
  const { flag } = await answer.json<{ flag: Flag }>()
  return flag
}

export const readFlag = async (key: string): Promise<Flag> =>
  (await adminApi('GET', `/api/flags/${key}`)).json<Flag>()
