import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import page from '../../docs/limits-and-cost.md?raw'
import { seedKeys } from '../support/api.ts'
import {
  assign,
  drain,
  expose,
  getVariant,
  identify,
  pass,
  runExperiment,
  stopClock,
  track,
  userWith,
} from '../support/experiments.ts'
import { createMeter, formatRow, type Cost } from '../support/rows-written.ts'

/*
 * The rows of each operation, by the counters that Cloudflare charges by. `npm run costs` writes them into
 * docs/limits-and-cost.md.
 */

const meter = createMeter()

beforeAll(async () => {
  await seedKeys()
  await runExperiment('rows')
  // An isolate asks more at its first request.
  await getVariant('rows', 'u-1', meter.asked)
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const users = { count: 0 }
const findUser = async () => {
  const userId = await userWith('rows', 'A', {}, `${users.count++}-`)
  await meter.followUser(userId)
  return userId
}

const exposeOnce = (userId: string, id: string) =>
  expose([{ id, experimentKey: 'rows', userId, variant: 'A' }], meter.asked)

/** A user with an assignment and a further exposure in this week. */
const findKnownUser = async () => {
  const userId = await findUser()
  await assign('rows', userId)
  await exposeOnce(userId, 'before')
  await drain(userId)
  pass(1_000)
  return userId
}

/** Sends the outbox, and reads the rows since `meter.start()`. */
const finish = async (...userIds: string[]) => {
  for (const userId of userIds) await drain(userId)
  return meter.read()
}

type Measured = Cost & { readonly most: number; readonly measure: () => Promise<Cost['rows']> }

const operations: readonly Omit<Measured, 'rows'>[] = [
  {
    operation: 'first assignment with exposure',
    requests: '1',
    objectRequests: '2',
    most: 16,
    measure: async () => {
      const userId = await findUser()
      meter.start()
      await assign('rows', userId, meter.asked)
      return finish(userId)
    },
  },
  {
    operation: 'repeated assignment',
    requests: '1',
    objectRequests: '1',
    most: 0,
    measure: async () => {
      const userId = await findKnownUser()
      meter.start()
      await assign('rows', userId, meter.asked)
      return finish(userId)
    },
  },
  {
    operation: 'exposure of a new user',
    requests: '1/batch',
    objectRequests: '2 per user and batch',
    most: 16,
    measure: async () => {
      const userId = await findUser()
      meter.start()
      await exposeOnce(userId, '1')
      return finish(userId)
    },
  },
  {
    operation: 'exposure of a known user',
    requests: '1/batch',
    objectRequests: '2 per user and batch',
    most: 7,
    measure: async () => {
      const userId = await findKnownUser()
      meter.start()
      await exposeOnce(userId, '1')
      return finish(userId)
    },
  },
  {
    operation: 'repeated exposure',
    requests: '1/batch',
    objectRequests: '1 per user and batch',
    most: 0,
    measure: async () => {
      const userId = await findKnownUser()
      meter.start()
      await exposeOnce(userId, 'before')
      return finish(userId)
    },
  },
  {
    operation: 'event that results count',
    requests: '1/batch',
    objectRequests: '2 per user and batch',
    most: 9,
    measure: async () => {
      const userId = await findKnownUser()
      meter.start()
      await track([{ id: '1', type: 'booking.confirmed', userId }], meter.asked)
      return finish(userId)
    },
  },
  {
    operation: 'other event',
    requests: '1/batch',
    objectRequests: '2 per user and batch',
    most: 7,
    measure: async () => {
      const userId = await findKnownUser()
      meter.start()
      await track([{ id: '1', type: 'page.left', userId }], meter.asked)
      return finish(userId)
    },
  },
  {
    operation: 'first sign-in, one experiment',
    requests: '1',
    objectRequests: '7',
    most: 37,
    measure: async () => {
      const [anonymousId, userId] = [await findKnownUser(), await findUser()]
      meter.start()
      await identify(anonymousId, userId, meter.asked)
      return finish(userId, anonymousId)
    },
  },
]

describe('Rows written', () => {
  it.for(operations)(
    '$operation: at most $most, as docs/limits-and-cost.md says',
    async (each, { task }) => {
      const rows = await each.measure()
      const line = formatRow({ ...each, rows })
      Object.assign(task.meta, { line })
      expect(rows.object + rows.d1).toBeLessThanOrEqual(each.most)
      expect(page.replaceAll(/ +/g, ' ')).toContain(line)
    },
  )
})
