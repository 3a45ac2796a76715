import { inject } from 'vitest'
import type { Flag } from '../../schema/flag.ts'
import { ADMIN } from './credentials.ts'

/** Asks the admin API of the server that e2e tests share, as the local admin unless told otherwise. */
export const adminApi = (method: string, path: string, body?: unknown, as = ADMIN) =>
  fetch(`${inject('origin')}${path}`, {
    method,
    headers: { Authorization: `Bearer ${as}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

/** Everything on a list, which must fit on one page of it. */
export const itemsOf = async <T>(path: string): Promise<T[]> => {
  const answer = await adminApi('GET', `${path}?limit=200`)
  return (await answer.json<{ items: T[] }>()).items
}

/** Makes a flag what a test needs it to be. */
export const putFlag = async (key: string, settings: object, as = ADMIN): Promise<Flag> => {
  const answer = await adminApi('PUT', `/api/flags/${key}`, settings, as)
  if (!answer.ok) throw new Error(await answer.text())
  const { flag } = await answer.json<{ flag: Flag }>()
  return flag
}

export const readFlag = async (key: string): Promise<Flag> =>
  (await adminApi('GET', `/api/flags/${key}`)).json<Flag>()
