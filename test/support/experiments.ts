import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { onTestFinished, vi } from 'vitest'
import type { Bundle } from '../../schema/evaluation.ts'
import type { Experiment } from '../../schema/experiment.ts'
import type { IdentifyResponse } from '../../schema/identity.ts'
import type { AssignResponse, BatchResponse } from '../../schema/participation.ts'
import type { Env } from '../../worker/env.ts'
import { getParticipant } from '../../worker/objects/stubs.ts'
import type { Participant } from '../../worker/objects/participant/participant.ts'
import { ADMIN, CLIENT, json, send, sendWith } from './api.ts'

type Settings = {
  variants?: readonly { name: string; weight: number }[]
  startAt?: string
  stopAt?: string
  plan?: object
}

export type Step = 'launch' | 'pause' | 'stop' | 'archive' | 'unarchive'

/** What an edit of an experiment answers. */
export type Edit = { experiment: Experiment; snapshotVersion: number; published: boolean }

export const HALVES = [
  { name: 'A', weight: 50 },
  { name: 'B', weight: 50 },
] as const

/** A and B with these weights. */
/** An experiment as the audit has it: without its history, which the audit itself tells. */
export const withoutHistory = <Read extends Experiment | null>(experiment: Read) => {
  if (experiment === null) return experiment
  const { startedAt: _startedAt, stoppedAt: _stoppedAt, phases: _phases, ...rest } = experiment
  return rest
}

export const weighted = (a: number, b: number) => [
  { name: 'A', weight: a },
  { name: 'B', weight: b },
]

/** The answer of an edit; throws what the API says when it refuses. */
const edited = async (answer: Promise<Response>): Promise<Edit> => {
  const response = await answer
  if (!response.ok) throw new Error(await response.text())
  return json(response)
}

/** Creates a draft. */
export const draft = (key: string, { variants = HALVES, ...settings }: Settings = {}) =>
  edited(send('POST', '/api/experiments', { as: ADMIN, body: { key, variants, ...settings } }))

/** Creates and launches an experiment through the API; tells the snapshot version in which it runs. */
export const runExperiment = async (key: string, settings: Settings = {}): Promise<number> => {
  await draft(key, settings)
  return act(key, 'launch')
}

/** One step of the life cycle; throws what the API says when it refuses. */
export const act = async (key: string, step: Step, body = {}): Promise<number> =>
  (await edited(send('POST', `/api/experiments/${key}/${step}`, { as: ADMIN, body })))
    .snapshotVersion

/** Changes a draft or a paused experiment. */
export const patch = (key: string, body: object) =>
  edited(send('PATCH', `/api/experiments/${key}`, { as: ADMIN, body }))

/** Pauses, gives other variants, launches again; tells the snapshot version of the last. */
export const reweight = async (key: string, variants: Settings['variants']): Promise<number> => {
  await act(key, 'pause')
  await patch(key, { variants })
  return act(key, 'launch')
}

/** Which isolate is asked, and the snapshot version that it must know. */
export type Asked = { readonly at?: Env; readonly minVersion?: number }

const evaluation = <T>(path: string, body: object, { at, minVersion = 0 }: Asked): Promise<T> => {
  const sent = { as: CLIENT, body }
  const target = `${path}?minVersion=${minVersion}`
  return json<T>(at ? sendWith(at, 'POST', target, sent) : send('POST', target, sent))
}

export const assign = (key: string, userId: string, asked: Asked = {}) =>
  evaluation<AssignResponse>(`/v1/experiments/${key}/assign`, { context: { userId } }, asked)

export const getVariant = (key: string, userId: string, asked: Asked = {}) =>
  evaluation<{ variant: string | null }>(
    `/v1/experiments/${key}/variant`,
    { context: { userId } },
    asked,
  )

/** The user's variants in all experiments that are running. */
export const bundledVariants = async (userId: string, asked: Asked = {}) => {
  const { variants } = await evaluation<Bundle>('/v1/bundle', { context: { userId } }, asked)
  return variants
}

/** Says that someone anonymous has signed in. */
export const identify = (anonymousId: string, userId: string, asked: Asked = {}) =>
  evaluation<IdentifyResponse>('/v1/identify', { anonymousId, userId }, asked)

export type SentExposure = {
  id: string
  experimentKey: string
  userId: string
  variant: string
  ts?: number | string
}
export type SentEvent = { id: string; type: string; userId: string; ts?: number | string }

/** Makes exposures of users to A of an experiment, but for what a test says otherwise. */
export const exposuresTo =
  (experimentKey: string) =>
  (userId: string, id: string, over: object = {}): SentExposure => ({
    id,
    experimentKey,
    userId,
    variant: 'A',
    ...over,
  })

/** Logs exposures, none of which may be missing an answer. */
export const expose = (exposures: readonly SentExposure[], asked: Asked = {}) =>
  evaluation<BatchResponse>('/v1/exposures', { exposures }, asked)

export const track = (events: readonly SentEvent[], asked: Asked = {}) =>
  evaluation<BatchResponse>('/v1/events', { events }, asked)

/** The body of an answer that took all items. */
export const accepted = (count: number): BatchResponse => ({
  accepted: count,
  duplicates: 0,
  rejected: [],
})

/** An isolate of its own: it keeps the snapshot that it has read, whatever is published meanwhile. */
export const isolate = (bindings: Partial<Env> = {}): Env => ({ ...env, ...bindings })

export const participant = (userId: string) => getParticipant(env, userId)

/** Lets the user's object send what it holds to D1. */
export const drain = (userId: string) => runDurableObjectAlarm(participant(userId))

/** When the alarm of the user's object is due; null when there is none. */
export const alarmOf = (userId: string) =>
  runInDurableObject<Participant, number | null>(participant(userId), (_, { storage }) =>
    storage.getAlarm(),
  )

/** How many rows the user's object holds that D1 has not confirmed. */
export const pendingOf = (userId: string) =>
  runInDurableObject<Participant, number>(participant(userId), (_, { storage }) =>
    Number(storage.sql.exec('SELECT count(*) AS count FROM outbox').one()['count']),
  )

/** Acts within the user's object: what it waits for may only be let go from there. */
export const inside = (userId: string, work: () => unknown) =>
  runInDurableObject<Participant, void>(participant(userId), () => void work())

const realTimeout = globalThis.setTimeout

/** For the rest of a test, deadlines of this length have passed at once; the clock that stands still holds the others. */
export const expireAtOnce = (deadlineMs: number) => {
  const held = globalThis.setTimeout
  const expiring = (expire: () => void, ms: number) =>
    ms === deadlineMs ? realTimeout(expire, 0) : held(expire, ms)
  const spy = vi
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation(expiring as unknown as typeof setTimeout)
  onTestFinished(() => spy.mockRestore())
}

/** Waits for something that comes by itself, and soon. */
export const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await scheduler.wait(1)
}

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

/** The first instant of a time that is the test's own: so late that no alarm comes by itself. */
export const LATER = Date.UTC(2040, 0, 1)

/**
 * Makes the clock stand still, at an instant later than all that was before in this file. No deadline ever passes then
 * by itself, so that none is missed on a slow machine.
 */
export const stopClock = () => {
  clock.last = Math.max(LATER, clock.last) + 3_600_000
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: clock.last })
}
const clock = { last: 0 }

/** Lets time pass on the clock that stands still, for whoever looks at it; timers stay as they are. */
export const pass = (ms: number) => {
  clock.last = Date.now() + ms
  vi.setSystemTime(clock.last)
}

/** The first user id of a series whose bucket says the variant, by asking the isolate that is named. */
export const userWith = async (key: string, variant: string, asked: Asked = {}, series = '') => {
  for (let index = 0; index < 1_000; index++) {
    const userId = `${key}-${variant}-${series}${index}`
    if ((await getVariant(key, userId, asked)).variant === variant) return userId
  }
  throw new Error(`nobody has ${variant} in ${key}`)
}
