import { expect } from 'vitest'
import type { BatchResponse } from '../../schema/participation.ts'
import { ADMIN, CLIENT, send } from './api.ts'
import {
  act,
  assign,
  draft,
  drain,
  expose,
  getVariant,
  pass,
  patch,
  track,
  type SentEvent,
  type SentExposure,
} from './experiments.ts'
import {
  createLedger,
  endRun,
  forget,
  launchAt,
  mergeInto,
  noteLists,
  noteDone,
  noteSeen,
} from './recount-ledger.ts'
import { settle } from './results.ts'

/* Plays a random history through the routes, and notes in a ledger what they acknowledged. */

export const USERS = ['u-1', 'u-2', 'u-3', 'u-4', 'u-5', 'u-6']
export const DEVICES = ['d-1', 'd-2', 'd-3']
export const VARIANTS = ['A', 'B', 'C']
export const WEIGHTS = ['50:50:0', '9:1:0', '1:9:2', '1:1:1']

/** When a row says that it happened: so long ago, and how the instant is written. */
type Time = { ago: number; form: 'none' | 'milliseconds' | 'seconds' }

export type Step =
  | { kind: 'wait'; ms: number }
  | { kind: 'assign'; person: string }
  | { kind: 'expose'; person: string; time: Time; variant: string }
  | { kind: 'event'; person: string; time: Time; type: string }
  | { kind: 'repeat'; index: number }
  | { kind: 'sign-in'; device: string; person: string }
  | { kind: 'life'; choice: number; weights: string }
  | { kind: 'lists'; testers: string[]; leftOut: string[] }
  | { kind: 'erase'; person: string }
  | { kind: 'drain'; person: string }

/** Whether the one row of a batch was stored: it is new, and no list leaves its user out. */
const isAccepted = ({ accepted, uncounted }: BatchResponse) =>
  accepted === 1 && uncounted === undefined

const toVariants = (weights: string) =>
  weights
    .split(':')
    .map((weight, index) => ({ name: VARIANTS[index] ?? '', weight: Number(weight) }))

const writeTime = ({ ago, form }: Time) => {
  const at = Date.now() - ago
  if (form === 'none' && ago === 0) return {}
  return { ts: form === 'seconds' ? new Date(at).toISOString().replace(/\.\d+/, '') : at }
}

const readTime = (ts: number | string | undefined) => ({
  at: ts === undefined ? Date.now() : new Date(ts).getTime(),
  span: typeof ts === 'string' && !ts.includes('.') ? 999 : 0,
})

export const createWorld = (key: string) => {
  const ledger = createLedger()
  const owners = new Map<string, string>()
  /** Devices whose rows in this experiment are those of their owner. */
  const merged = new Set<string>()
  const repeats: (() => Promise<void>)[] = []
  const life = { status: 'DRAFT', weights: WEIGHTS[0] ?? '', minVersion: 0, rows: 0 }

  const named = (person: string) => `${key}-${person}`
  const findPerson = (id: string) => (merged.has(id) ? (owners.get(id) ?? id) : id)
  const asked = () => ({ minVersion: life.minVersion })

  const sendExposure = async (row: SentExposure) => {
    if (!isAccepted(await expose([row], asked()))) return
    const { userId, id, variant, ts } = row
    noteSeen(ledger, `${userId}/${id}`, findPerson(userId), variant, readTime(ts))
  }

  const sendEvent = async (row: SentEvent) => {
    if (!isAccepted(await track([row], asked()))) return
    const { userId, id, type, ts } = row
    noteDone(ledger, `${userId}/${type}/${id}`, { person: userId, type, ...readTime(ts) })
  }

  const findVariant = async (userId: string, variant: string) =>
    variant === 'own'
      ? (ledger.assigned.get(findPerson(userId))?.variant ??
        (await getVariant(key, userId, asked())).variant ??
        'A')
      : variant

  const edit = async (step: 'launch' | 'pause' | 'stop', body = {}) => {
    // No two edits at one instant: a row of that instant would belong to either run.
    pass(1)
    life.minVersion = await act(key, step, body)
    life.status = { launch: 'RUNNING', pause: 'PAUSED', stop: 'STOPPED' }[step]
    if (step !== 'launch') endRun(ledger, Date.now())
    if (step === 'stop') ledger.stoppedAt = Date.now()
  }

  const launch = async (choice: number, weights: string) => {
    const isChange = life.status !== 'STOPPED' && choice > 1 && weights !== life.weights
    if (isChange) {
      await patch(key, { variants: toVariants(weights) })
      life.weights = weights
    }
    const startsOver = life.status === 'STOPPED' || (choice === 4 && life.status === 'PAUSED')
    await edit('launch', startsOver ? { startOver: true } : {})
    launchAt(ledger, Date.now(), life.weights, startsOver)
  }

  const signIn = async (device: string, person: string) => {
    const [anonymousId, userId] = [named(device), named(person)]
    const owner = owners.get(anonymousId)
    const body = { anonymousId, userId }
    const path = `/v1/identify?minVersion=${life.minVersion}`
    const { ok, status } = await send('POST', path, { as: CLIENT, body })
    expect(status).toBe(owner === undefined || owner === userId ? 200 : 409)
    if (!ok) return
    owners.set(anonymousId, userId)
    if (ledger.assigned.has(anonymousId)) merged.add(anonymousId)
    mergeInto(ledger, anonymousId, userId, Date.now())
    // The merge in D1 goes by the lists of now, and so does the ledger.
    await settle(anonymousId)
  }

  const editLists = async (testers: readonly string[], leftOut: readonly string[]) => {
    if (life.status === 'STOPPED') return
    const list = leftOut.filter((person) => !testers.includes(person)).map(named)
    const body = {
      testers: testers.map((person) => ({ userId: named(person), variant: 'B' })),
      leftOut: { userIds: list },
    }
    noteLists(ledger, testers.map(named), list, Date.now())
    life.minVersion = (await patch(key, body)).snapshotVersion
  }

  const erase = async (person: string) => {
    const userId = named(person)
    const answer = await send('DELETE', `/api/users/${userId}`, { as: ADMIN, body: {} })
    expect(answer.status).toBe(200)
    forget(ledger, userId)
    for (const [device, owner] of owners)
      if (owner === userId) {
        forget(ledger, device)
        merged.delete(device)
        owners.delete(device)
      }
  }

  const play = async (step: Step): Promise<void> => {
    switch (step.kind) {
      case 'wait':
        return pass(step.ms)
      case 'assign': {
        const userId = named(step.person)
        const { variant, isNew } = await assign(key, userId, asked())
        if (isNew)
          noteSeen(
            ledger,
            `${userId}/first`,
            findPerson(userId),
            variant ?? '',
            readTime(undefined),
          )
        return
      }
      case 'expose': {
        const userId = named(step.person)
        const variant = await findVariant(userId, step.variant)
        const id = `${life.rows++}`
        const row = { id, experimentKey: key, userId, variant, ...writeTime(step.time) }
        repeats.push(() => sendExposure(row))
        return sendExposure(row)
      }
      case 'event': {
        const { type, time } = step
        const row = { id: `${life.rows++}`, type, userId: named(step.person), ...writeTime(time) }
        repeats.push(() => sendEvent(row))
        return sendEvent(row)
      }
      case 'repeat':
        return repeats[step.index % repeats.length]?.()
      case 'sign-in':
        return signIn(step.device, step.person)
      case 'life':
        if (life.status === 'RUNNING' && step.choice === 0) return
        if (step.choice === 5 && life.status !== 'STOPPED') return edit('stop')
        return life.status === 'RUNNING' ? edit('pause') : launch(step.choice, step.weights)
      case 'lists':
        return editLists(step.testers, step.leftOut)
      case 'erase':
        return erase(step.person)
      case 'drain':
        return void (await drain(named(step.person)))
    }
  }

  return {
    ledger,
    /** Plays steps one after another, and sends every row to D1. */
    play: async (steps: readonly Step[]) => {
      life.minVersion = (await draft(key, { variants: toVariants(life.weights) })).snapshotVersion
      await launch(0, life.weights)
      for (const step of steps) await play(step)
      await settle(...DEVICES.map(named), ...USERS.map(named))
    },
  }
}
