import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { openDatabase } from '../../worker/store/database.ts'
import { eraseUser } from '../../worker/store/erasure.ts'
import { mergeParticipants, type MergedAssignment } from '../../worker/store/identity.ts'
import { writeParticipation } from '../../worker/store/participation.ts'
import { rows } from '../support/experiments.ts'
import '../support/property-seed.ts'

const HOUR = 3_600_000
const WINDOW = 7 * 24 * HOUR
const START = Date.UTC(2026, 5, 15)
const EXPERIMENTS = ['one', 'two'] as const
const VARIANTS = ['A', 'B'] as const
/** The user signs in with the phone and the laptop; `other` is another person. */
const IDS = ['phone', 'laptop', 'user', 'other'] as const
type Id = (typeof IDS)[number]

const anInstant = fc
  .tuple(fc.constantFrom(0, HOUR, 24 * HOUR, WINDOW, WINDOW + HOUR), fc.constantFrom(-1, 0, 1))
  .map(([base, offset]) => START + base + offset)

const anId = fc.constantFrom(...IDS)
const anExperiment = fc.constantFrom(...EXPERIMENTS)

type Seen = { kind: 'exposure'; who: Id; experiment: (typeof EXPERIMENTS)[number]; at: number }
type Done = { kind: 'event'; who: Id; type: string; at: number }

const anAct: fc.Arbitrary<Seen | Done> = fc.oneof(
  fc.record({
    kind: fc.constant('exposure' as const),
    who: anId,
    experiment: anExperiment,
    at: anInstant,
  }),
  fc.record({
    kind: fc.constant('event' as const),
    who: anId,
    type: fc.constantFrom('booking.confirmed', 'event.viewed', 'page.left'),
    at: anInstant,
  }),
)

/** The assignments, the rows before and after each sign-in, and whether the user's rows reach D1 late. */
const aHistory = fc.record({
  assigned: fc.uniqueArray(
    fc.record({
      who: anId,
      experiment: anExperiment,
      variant: fc.constantFrom(...VARIANTS),
      at: anInstant,
    }),
    { selector: ({ who, experiment }) => `${who} ${experiment}`, maxLength: 8 },
  ),
  before: fc.array(anAct, { maxLength: 20 }),
  between: fc.array(anAct, { maxLength: 10 }),
  after: fc.array(anAct, { maxLength: 10 }),
  isUserLate: fc.boolean(),
  isSentTwice: fc.boolean(),
  /** Who is put into the list of an experiment, and whether before everything or between the sign-ins. */
  leftOut: fc.array(fc.record({ who: anId, experiment: anExperiment, isEarly: fc.boolean() }), {
    maxLength: 2,
  }),
})

type History = typeof aHistory extends fc.Arbitrary<infer T> ? T : never

/** The decision of the user's object about the assignments of an anonymous id: the first assignment wins. */
const mergeVariants = (has: Map<string, string>, assigned: History['assigned'], who: Id) => {
  const experiments: MergedAssignment[] = []
  for (const { experiment, variant } of assigned.filter((each) => each.who === who)) {
    const known = has.get(experiment) ?? variant
    has.set(experiment, known)
    const conflict = known === variant ? null : variant
    experiments.push({ experimentKey: experiment, variant: known, conflict })
  }
  return experiments
}

const trial = { count: 0 }
const db = openDatabase(env.DB)

/** Writes a history into D1 as the objects do, with its merges. */
const writeHistory = async (history: History) => {
  const number = trial.count++
  const { assigned, before, between, after, isUserLate, isSentTwice, leftOut } = history
  const toKey = (experiment: string) => `${number}-${experiment}`
  const toId = (who: Id) => `${number}-${who}`
  const has = new Map(
    assigned.filter(({ who }) => who === 'user').map((each) => [each.experiment, each.variant]),
  )
  const merged = new Map<string, string>()
  const findVariant = (who: Id, experiment: (typeof EXPERIMENTS)[number]) =>
    assigned.find((each) => each.who === who && each.experiment === experiment)?.variant ??
    (who === 'user' ? has.get(experiment) : undefined)
  const all: { person: string; key: string; variant: string; at: number }[] = []
  const events: { person: string; type: string; at: number }[] = []

  const write = async (
    acts: readonly (Seen | Done)[],
    name: string,
    late: typeof assigned = [],
  ) => {
    const participation = {
      assignments: late.map(({ who, experiment, variant, at }) => ({
        experimentKey: toKey(experiment),
        userId: toId(who),
        variant,
        at,
      })),
      exposures: acts.flatMap((act, index) => {
        if (act.kind !== 'exposure') return []
        const variant = findVariant(act.who, act.experiment)
        if (variant === undefined) return []
        all.push({ person: toId(act.who), key: toKey(act.experiment), variant, at: act.at })
        const owner = merged.get(`${act.who} ${act.experiment}`)
        return {
          experimentKey: toKey(act.experiment),
          variant,
          at: act.at,
          userId: owner ?? toId(act.who),
          id: owner === undefined ? `${name}-${index}` : `${act.who}/${name}-${index}`,
        }
      }),
      events: acts.flatMap((act, index) => {
        if (act.kind !== 'event') return []
        events.push({ person: toId(act.who), type: act.type, at: act.at })
        return { userId: toId(act.who), id: `${name}-${index}`, type: act.type, at: act.at }
      }),
    }
    for (const _ of isSentTwice ? [1, 2] : [1]) await writeParticipation(db, participation)
  }
  const signIn = async (who: 'phone' | 'laptop') => {
    const decisions = mergeVariants(has, assigned, who)
    const merge = {
      anonymousId: toId(who),
      userId: toId('user'),
      prefix: `${who}/`,
      at: START,
      experiments: decisions.map((each) => ({
        ...each,
        experimentKey: toKey(each.experimentKey),
      })),
    }
    for (const { experimentKey } of decisions) merged.set(`${who} ${experimentKey}`, toId('user'))
    for (const _ of isSentTwice ? [1, 2] : [1]) await mergeParticipants(db, merge)
  }

  const leaveOut = async (isEarly: boolean) => {
    for (const experiment of EXPERIMENTS) {
      const userIds = leftOut
        .filter((each) => each.experiment === experiment && (each.isEarly || !isEarly))
        .map(({ who }) => toId(who))
      await env.DB.prepare(
        `INSERT INTO experiment (key, variants, status, left_out, version, created_at, updated_at)
         VALUES (?, '[]', 'RUNNING', ?, 1, 0, 0) ON CONFLICT DO UPDATE SET left_out = excluded.left_out`,
      )
        .bind(toKey(experiment), JSON.stringify({ userIds }))
        .run()
    }
  }

  const isLate = ({ who }: { who: Id }) => isUserLate && who === 'user'
  await leaveOut(true)
  await write(
    before.filter((act) => !isLate(act)),
    'before',
    assigned.filter((each) => !isLate(each)),
  )
  await signIn('phone')
  await leaveOut(false)
  await write(between, 'between')
  await signIn('laptop')
  await write(before.filter(isLate), 'late', assigned.filter(isLate))
  await write(after, 'after')
  await signIn('phone')
  await signIn('laptop')
  return { number, toKey, toId, all, events, assigned, has, leftOut }
}

type Counts = Record<'users' | 'exposures' | 'exposedUsers' | 'conversions' | 'clicks', number>

/** The expected counts of each variant, without people in conflict. */
const expectedCounts = (lived: Awaited<ReturnType<typeof writeHistory>>, experiment: string) => {
  const { toKey, toId, assigned } = lived
  const isOther = (person: string) => person === toId('other')
  const counts = new Map<string, Counts>()
  let conflicts = 0
  for (const isOthers of [true, false]) {
    const variants = assigned
      .filter((each) => each.experiment === experiment && (each.who === 'other') === isOthers)
      .map(({ variant }) => variant)
    const [variant] = variants
    if (variant === undefined) continue
    if (new Set(variants).size > 1) {
      conflicts++
      continue
    }
    // Both devices sign in once more at the end, so a list that names one of them reaches the person.
    const isExcluded = lived.leftOut.some(
      (each) => each.experiment === experiment && (each.who === 'other') === isOthers,
    )
    if (isExcluded) continue
    const seenAt = lived.all
      .filter(({ key, person }) => key === toKey(experiment) && isOther(person) === isOthers)
      .map(({ at }) => at)
    const first = Math.min(...seenAt)
    const done = lived.events.filter(({ person, at }) => isOther(person) === isOthers && at > first)
    const clicks = done.filter(({ type }) => type === 'event.viewed').length
    const isConverted = done.some(
      ({ type, at }) => type === 'booking.confirmed' && at <= first + WINDOW,
    )
    const known = counts.get(variant)
    counts.set(variant, {
      users: (known?.users ?? 0) + 1,
      exposures: (known?.exposures ?? 0) + seenAt.length,
      exposedUsers: (known?.exposedUsers ?? 0) + Number(seenAt.length > 0),
      conversions: (known?.conversions ?? 0) + Number(seenAt.length > 0 && isConverted),
      clicks: (known?.clicks ?? 0) + (seenAt.length > 0 ? clicks : 0),
    })
  }
  return { counts, conflicts }
}

/** A booking inside the window of the user's exposure, but outside that of the person's first exposure. */
const tooLate: History = {
  assigned: (['phone', 'user'] as const).map((who) => ({
    who,
    experiment: 'one',
    variant: 'A',
    at: START,
  })),
  before: [
    { kind: 'exposure', who: 'phone', experiment: 'one', at: START },
    { kind: 'exposure', who: 'user', experiment: 'one', at: START + 24 * HOUR },
    { kind: 'event', who: 'user', type: 'booking.confirmed', at: START + WINDOW + HOUR },
  ],
  between: [],
  after: [],
  isUserLate: false,
  isSentTwice: false,
  leftOut: [],
}

const counted = async (key: string) => {
  const found = await rows<Counts & { variant: string }>(
    `SELECT variant, sum(assignments) AS users, sum(exposures) AS exposures,
            sum(exposed_users) AS exposedUsers, sum(conversions) AS conversions, sum(clicks) AS clicks
     FROM experiment_rollup WHERE experiment_key = ? GROUP BY variant ORDER BY variant`,
    key,
  )
  return new Map(
    found
      .map(({ variant, ...counts }) => [variant, counts] as const)
      .filter(([, counts]) => Object.values(counts).some((count) => count !== 0)),
  )
}

it('Roll-ups: count merged ids as one person, and leave out people in conflict', async () => {
  await fc.assert(
    fc.asyncProperty(aHistory, async (history) => {
      const lived = await writeHistory(history)
      for (const experiment of EXPERIMENTS) {
        const key = lived.toKey(experiment)
        const { counts, conflicts } = expectedCounts(lived, experiment)
        expect(await counted(key)).toEqual(counts)
        const [found] = await rows<{ conflicts: number }>(
          `SELECT count(*) AS conflicts FROM experiment_assignment
           WHERE experiment_key = ? AND conflict IS NOT NULL`,
          key,
        )
        expect(found?.conflicts).toBe(conflicts)
      }
      const [least] = await rows<{ least: number | null }>(
        `SELECT min(min(assignments, exposures, exposed_users, conversions, clicks)) AS least
         FROM experiment_rollup WHERE experiment_key LIKE ?`,
        `${lived.number}-%`,
      )
      expect(least?.least ?? 0).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 100, examples: [[tooLate]] },
  )
})

it('Roll-ups: contain only the counts of others after an erasure of all merged ids', async () => {
  const editor = { actor: 'test', at: new Date(), comment: undefined }
  await fc.assert(
    fc.asyncProperty(aHistory, async (history) => {
      const lived = await writeHistory(history)
      for (const who of ['phone', 'laptop', 'user'] as const)
        await eraseUser(db, lived.toId(who), 'hash', 0, editor)
      const others = {
        ...lived,
        assigned: lived.assigned.filter(({ who }) => who === 'other'),
      }
      for (const experiment of EXPERIMENTS)
        expect(await counted(lived.toKey(experiment))).toEqual(
          expectedCounts(others, experiment).counts,
        )
    }),
    { numRuns: 30 },
  )
})
