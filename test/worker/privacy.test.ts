import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { ADMIN, CLIENT, putFlag, seedKeys, send, sendWith, watchConsole } from '../support/api.ts'
import { drain, participant, runExperiment } from '../support/experiments.ts'
import { lyingD1, lyingKv, withParticipantBindings } from '../support/faults.ts'

/** Every line that anything logs: the Worker, the objects, the libraries. */
const logged = watchConsole()

/** Ids in the shapes in which they might slip through: plain, encoded, in JSON, and with what breaks a parser. */
const ids = ['marker-person', 'marker@example.test', 'marker person "quoted"', 'marker%2Fü']

const { control, d1 } = lyingD1(env.DB)
const { control: kvControl, kv } = lyingKv(env.SNAPSHOTS)
const far = { ...env, DB: d1, SNAPSHOTS: kv }

const uses = async (userId: string) => {
  const context = { userId, role: 'marker-role', city: 'marker-city' }
  const client = (path: string, body: unknown) => sendWith(far, 'POST', path, { as: CLIENT, body })
  const variant = 'A'
  await client('/v1/flags/evaluate', { context })
  await client('/v1/flags/evaluate', { context: { ...context, role: 7 } })
  await client('/v1/flags/evaluate', `{"context":{"userId":"${userId}"`)
  await client('/v1/bundle', { context })
  await client('/ofrep/v1/evaluate/flags', { context: { targetingKey: userId } })
  await client('/ofrep/v1/evaluate/flags/none', { context: { targetingKey: userId } })
  await client('/v1/experiments/running/assign', { context })
  await client('/v1/experiments/none/assign', { context })
  await client('/v1/experiments/running/variant', { context })
  await client('/v1/exposures', {
    exposures: [
      { id: 'a', experimentKey: 'running', userId, variant },
      { id: 'b', experimentKey: 'none', userId, variant: 'marker-variant' },
    ],
  })
  await client('/v1/events', { events: [{ id: userId, type: 'booking.confirmed', userId }] })
  await client('/v1/identify', { anonymousId: `${userId} before`, userId })
  await client('/v1/identify', { anonymousId: `${userId} before`, userId: `${userId} other` })
  await sendWith(far, 'POST', '/api/explain', { as: ADMIN, body: { context } })
  await putFlag('lists', { rules: { allowList: [userId] } })
}

const administers = async (userId: string) => {
  const address = `/api/users/${encodeURIComponent(userId)}`
  await sendWith(far, 'DELETE', address, { as: CLIENT })
  await sendWith(far, 'DELETE', `${address}/more`, { as: ADMIN })
  await sendWith(far, 'DELETE', address, { as: ADMIN, body: { unknown: userId } })
  await sendWith(far, 'DELETE', address, { as: ADMIN })
  await send('DELETE', address, { as: ADMIN })
  await sendWith(far, 'DELETE', '/api/users', { as: ADMIN, body: { userId } })
}

beforeAll(async () => {
  await seedKeys()
  await runExperiment('running')
  for (const mode of ['honest', 'down', 'commits silently'] as const)
    for (const id of ids) {
      control.mode = mode
      kvControl.isDown = mode === 'down'
      await withParticipantBindings(id, { DB: d1 })
      await uses(id)
      await drain(id)
      await administers(id)
    }
})

it('Privacy: no log line has personal data in a run with failures of all kinds', () => {
  const text = JSON.stringify(logged, (_, value: unknown) =>
    value instanceof Error ? [value.message, value.stack] : value,
  )
  for (const event of ['participant.drain_failed', 'participant.erase_failed', 'request.failed'])
    expect(text.includes(event)).toBe(true)
  expect(/.{0,100}marker.{0,20}/i.exec(text)?.[0]).toBeUndefined()
})

it('Privacy: no object is named by a user id', () => {
  for (const id of ids) expect(participant(id).name).toMatch(/^[0-9a-f]{64}$/)
})

it('Privacy: no cache may keep an answer about a user', async () => {
  const context = { userId: 'marker-person' }
  for (const path of [
    '/v1/flags/evaluate',
    '/v1/experiments/running/assign',
    '/ofrep/v1/evaluate/flags',
  ]) {
    const answer = await send('POST', path, { as: CLIENT, body: { context } })
    expect(answer.headers.get('Cache-Control')).toBe('private, no-store')
    await answer.body?.cancel()
  }
})
