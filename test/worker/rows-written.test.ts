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

type Operation = Omit<Cost, 'rows'> & {
  readonly most: number
  /** Makes the user, and anyone else whom the operation is about. The rows of this do not count. */
  readonly prepare: () => Promise<readonly string[]>
  readonly act: (userId: string, other: string) => Promise<unknown>
}

const newUser = async () => [await findUser()]
const knownUser = async () => [await findKnownUser()]

/** The rows of an operation, with those of sending its outbox. */
const measure = async ({ prepare, act }: Operation) => {
  const [userId = '', other = ''] = await prepare()
  meter.start()
  await act(userId, other)
  await drain(userId)
  if (other) await drain(other)
  return meter.read()
}

const operations: readonly Operation[] = [
  {
    operation: 'first assignment with exposure',
    requests: '1',
    objectRequests: '2',
    most: 16,
    prepare: newUser,
    act: (userId) => assign('rows', userId, meter.asked),
  },
  {
    operation: 'repeated assignment',
    requests: '1',
    objectRequests: '1',
    most: 0,
    prepare: knownUser,
    act: (userId) => assign('rows', userId, meter.asked),
  },
  {
    operation: 'exposure of a new user',
    requests: '1/batch',
    objectRequests: '2 per user and batch',
    most: 16,
    prepare: newUser,
    act: (userId) => exposeOnce(userId, '1'),
  },
  {
    operation: 'exposure of a known user',
    requests: '1/batch',
    objectRequests: '2 per user and batch',
    most: 7,
    prepare: knownUser,
    act: (userId) => exposeOnce(userId, '1'),
  },
  {
    operation: 'repeated exposure',
    requests: '1/batch',
    objectRequests: '1 per user and batch',
    most: 0,
    prepare: knownUser,
    act: (userId) => exposeOnce(userId, 'before'),
  },
  {
    operation: 'event that results count',
    requests: '1/batch',
    objectRequests: '2 per user and batch',
    most: 9,
    prepare: knownUser,
    act: (userId) => track([{ id: '1', type: 'booking.confirmed', userId }], meter.asked),
  },
  {
    operation: 'other event',
    requests: '1/batch',
    objectRequests: '2 per user and batch',
    most: 7,
    prepare: knownUser,
    act: (userId) => track([{ id: '1', type: 'page.left', userId }], meter.asked),
  },
  {
    operation: 'first sign-in, one experiment',
    requests: '1',
    objectRequests: '7',
    most: 37,
    prepare: async () => {
      const anonymousId = await findKnownUser()
      return [await findUser(), anonymousId]
    },
    act: (userId, anonymousId) => identify(anonymousId, userId, meter.asked),
  },
]

describe('Rows written', () => {
  it.for(operations)(
    '$operation: at most $most, as docs/limits-and-cost.md says',
    async (each, { task }) => {
      const rows = await measure(each)
      const line = formatRow({ ...each, rows })
      Object.assign(task.meta, { line })
      expect(rows.object + rows.d1).toBeLessThanOrEqual(each.most)
      expect(page.replaceAll(/ +/g, ' ')).toContain(line)
    },
  )
})
