import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { IdentifyResponse } from '../../schema/identity.ts'
import { evictObject } from '../chaos/objects.ts'
import { CLIENT, json, seedKeys, sendWith, watchConsole } from '../support/api.ts'
import {
  accepted,
  assign,
  drain,
  expose,
  getVariant,
  isolate,
  pass,
  reweight,
  runExperiment,
  stopClock,
  track,
  weighted,
} from '../support/experiments.ts'
import { lyingParticipants, type Method } from '../support/faults.ts'
import { readResults, settle } from '../support/results.ts'
import '../support/property-seed.ts'

/*
 * One person has a phone, a laptop and an account. Assignments, exposures, bookings and sign-ins happen in random order
 * and at the same time, while calls are lost and objects evicted.
 */

watchConsole()

const IDS = ['phone', 'laptop', 'user'] as const
type Id = (typeof IDS)[number]
type Device = Exclude<Id, 'user'>

/** In `even` and `skewed` the bucket decides until a merge changes a variant. The weights of `moved` have changed. */
const EXPERIMENTS = ['even', 'skewed', 'moved'] as const
type Experiment = (typeof EXPERIMENTS)[number]

const made = { version: 0, count: 0 }
const open = async (number: number) => {
  const toKey = (experiment: Experiment) => `${experiment}-${number}`
  await runExperiment(toKey('even'))
  await runExperiment(toKey('skewed'), { variants: weighted(3, 1) })
  await runExperiment(toKey('moved'), { variants: weighted(10_000, 1) })
  made.version = await reweight(toKey('moved'), weighted(1, 2))
  return toKey
}

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

type Step =
  | { do: 'assign' | 'see'; id: Id; experiment: Experiment }
  | { do: 'book' | 'drain' | 'evict'; id: Id }
  | { do: 'sign in'; with: Device; step: Method; fault: 'none' | 'lost' | 'unheard' }

const anId = fc.constantFrom(...IDS)
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('assign' as const, 'see' as const),
      id: anId,
      experiment: fc.constantFrom(...EXPERIMENTS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('book' as const, 'drain' as const, 'evict' as const),
      id: anId,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('sign in' as const),
      with: fc.constantFrom<Device>('phone', 'laptop'),
      step: fc.constantFrom<Method>(
        'getIdentityState',
        'claimAnonymousId',
        'mergeAssignments',
        'queueMerge',
      ),
      fault: fc.constantFrom('none' as const, 'none' as const, 'lost' as const, 'unheard' as const),
    }),
  },
)

/** Rounds, each of steps that run at once. */
const aLife = fc.array(fc.array(aStep, { minLength: 1, maxLength: 4 }), {
  minLength: 3,
  maxLength: 10,
})

const begin = async () => {
  const number = made.count++
  const toKey = await open(number)
  const toId = (id: Id) => `${id}-${number}`
  /** The variant of each id and experiment. It never changes. */
  const has = new Map<string, string>()
  const signedIn = new Set<Device>()
  const exposures: { id: Id; experiment: Experiment; at: number }[] = []
  const bookings: { id: Id; at: number }[] = []

  const expectSameVariant = (
    id: Id,
    experiment: Experiment,
    variant: string | null | undefined,
  ) => {
    const known = has.get(`${id} ${experiment}`)
    expect(variant).toBe(known ?? variant)
    has.set(`${id} ${experiment}`, variant ?? '')
  }

  const signIn = async (device: Device, step: Method, fault: string): Promise<boolean> => {
    const { control, namespace } = lyingParticipants(env.PARTICIPANT)
    if (fault === 'lost' || fault === 'unheard') control[fault] = step
    signedIn.add(device)
    const answer = await sendWith(isolate({ PARTICIPANT: namespace }), 'POST', '/v1/identify', {
      as: CLIENT,
      body: { anonymousId: toId(device), userId: toId('user') },
    })
    expect(answer.status).toBe(fault === 'none' ? 200 : 503)
    if (!answer.ok) return false
    const { variants } = await json<IdentifyResponse>(answer)
    for (const experiment of EXPERIMENTS)
      if (variants[toKey(experiment)] !== undefined)
        expectSameVariant('user', experiment, variants[toKey(experiment)])
    return true
  }

  const perform = async (step: Step, number_: number): Promise<unknown> => {
    switch (step.do) {
      case 'assign': {
        const { id, experiment } = step
        const { variant, isNew } = await assign(toKey(experiment), toId(id))
        expectSameVariant(id, experiment, variant)
        return isNew && exposures.push({ id, experiment, at: Date.now() })
      }
      case 'see': {
        const { id, experiment } = step
        const variant = has.get(`${id} ${experiment}`)
        if (variant === undefined) return undefined
        const row = {
          id: `${number_}`,
          experimentKey: toKey(experiment),
          userId: toId(id),
          variant,
        }
        expect(await expose([row])).toEqual(accepted(1))
        return exposures.push({ id, experiment, at: Date.now() })
      }
      case 'book': {
        const { id } = step
        const event = { id: `${number_}`, type: 'booking.confirmed', userId: toId(id) }
        expect(await track([event])).toEqual(accepted(1))
        return bookings.push({ id, at: Date.now() })
      }
      case 'drain':
        return drain(toId(step.id))
      case 'evict':
        return evictObject(toId(step.id))
      case 'sign in':
        return signIn(step.with, step.step, step.fault)
    }
  }

  return { toKey, toId, has, signedIn, exposures, bookings, perform, signIn }
}

type Life = Awaited<ReturnType<typeof begin>>

/** The results that the service must return: merged ids count as one person. */
const expectedResults = ({ has, signedIn, exposures, bookings }: Life, experiment: Experiment) => {
  const theirs: Id[] = ['user', ...signedIn]
  const people = [theirs, ...IDS.filter((id) => !theirs.includes(id)).map((id) => [id])]
  const counts = new Map([
    ['A', [0, 0, 0, 0]],
    ['B', [0, 0, 0, 0]],
  ])
  let conflicts = 0
  for (const ids of people) {
    const variants = new Set(ids.flatMap((id) => has.get(`${id} ${experiment}`) ?? []))
    const [variant] = variants
    if (variant === undefined) continue
    if (variants.size > 1) {
      conflicts++
      continue
    }
    const seen = exposures.filter((each) => each.experiment === experiment && ids.includes(each.id))
    const first = Math.min(...seen.map(({ at }) => at))
    const hasBooked = bookings.some(({ id, at }) => ids.includes(id) && at > first)
    const [users = 0, times = 0, exposed = 0, converted = 0] = counts.get(variant) ?? []
    counts.set(variant, [
      users + 1,
      times + seen.length,
      exposed + Number(seen.length > 0),
      converted + Number(seen.length > 0 && hasBooked),
    ])
  }
  return { conflicts, counts: Object.fromEntries(counts) }
}

it('Sign-in merge: keeps every variant and counts a person once under any order and lost calls', async () => {
  await fc.assert(
    fc.asyncProperty(aLife, async (rounds) => {
      const life = await begin()
      for (const [round, steps] of rounds.entries()) {
        await Promise.all(steps.map((step, index) => life.perform(step, round * 10 + index)))
        pass(60_000)
      }
      // A client without an answer sends the sign-in again. It also merges what the id did after the first merge.
      for (const device of life.signedIn)
        expect(await life.signIn(device, 'getIdentityState', 'none')).toBe(true)
      await settle(...IDS.map(life.toId))
      for (const experiment of EXPERIMENTS) {
        const key = life.toKey(experiment)
        expect(await readResults(key)).toEqual(expectedResults(life, experiment))
        for (const id of IDS) {
          const variant = life.has.get(`${id} ${experiment}`)
          if (variant === undefined) continue
          const asked = { at: isolate(), minVersion: made.version }
          expect(await getVariant(key, life.toId(id), asked)).toEqual({ variant })
        }
      }
    }),
    { numRuns: 10 },
  )
})
