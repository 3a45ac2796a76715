import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { participantOf } from '../../worker/objects/participant.ts'
import { ADMIN, json, send } from './api.ts'

type Settings = {
  variants?: readonly { name: string; weight: number }[]
  startAt?: string
  stopAt?: string
}

export const HALVES = [
  { name: 'A', weight: 50 },
  { name: 'B', weight: 50 },
] as const

/** Creates and launches an experiment through the API; tells the snapshot version in which it runs. */
export const runExperiment = async (
  key: string,
  { variants = HALVES, ...schedule }: Settings = {},
): Promise<number> => {
  await send('POST', '/api/experiments', { as: ADMIN, body: { key, variants, ...schedule } })
  return act(key, 'launch')
}

/** One step of the life cycle; throws what the API says when it refuses. */
export const act = async (
  key: string,
  step: 'launch' | 'pause' | 'stop',
  body = {},
): Promise<number> => {
  const answer = await send('POST', `/api/experiments/${key}/${step}`, { as: ADMIN, body })
  if (!answer.ok) throw new Error(await answer.text())
  return (await json<{ snapshotVersion: number }>(answer)).snapshotVersion
}

/** Lets the user's object send what it holds to D1. */
export const drain = (userId: string) => runDurableObjectAlarm(participantOf(env, userId))

/** All rows of a query on D1. */
export const rows = async <T = Record<string, unknown>>(
  query: string,
  ...values: unknown[]
): Promise<T[]> =>
  (
    await env.DB.prepare(query)
      .bind(...values)
      .all<T>()
  ).results
