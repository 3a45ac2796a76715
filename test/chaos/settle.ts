import { env } from 'cloudflare:workers'
import { accountFor } from './edits.ts'
import { expectThat } from './history.ts'
import { countOverrides, countPending, runAlarm, wake } from './objects.ts'
import { performRead } from './reads.ts'
import { rollUp, type RawRows, type Rollup } from './rollup.ts'
import type { Scene } from './scene.ts'
import { ISOLATES } from './steps.ts'

/** More alarms in a row than an object needs. */
const ALARMS = 4
/** After this time, each planned end has passed, and no clock shows the time of a fault again. */
const LONGEST_MS = 61_000

const runAlarms = async (scene: Scene, who: string) => {
  for (let alarm = 0; alarm < ALARMS; alarm++) {
    if (!(await runAlarm(who))) return
    scene.clock.pass(1_100)
  }
}

const toRows = <Row>(result: D1Result | undefined) => (result?.results ?? []) as Row[]

/** All users' rows in D1. They all belong to this run. */
const readRows = async (): Promise<RawRows & { rollups: Rollup[] }> => {
  const [assignments, exposures, events, rollups] = await env.DB.batch(
    [
      'SELECT experiment_key AS experiment, user_id AS userId, variant, assigned_at AS at FROM experiment_assignment',
      'SELECT experiment_key AS about, user_id AS userId, id, variant, at FROM experiment_exposure',
      "SELECT type AS about, user_id AS userId, id, '' AS variant, at FROM event",
      `SELECT experiment_key AS experiment, variant, quarter, sum(assignments) AS assignments,
              sum(exposures) AS exposures, sum(exposed_users) AS exposedUsers,
              sum(conversions) AS conversions, sum(clicks) AS clicks
       FROM experiment_rollup GROUP BY experiment_key, variant, quarter`,
    ].map((query) => env.DB.prepare(query)),
  )
  return {
    assignments: toRows(assignments),
    exposures: toRows(exposures),
    events: toRows(events),
    rollups: toRows(rollups),
  }
}

/** D1 has each acknowledged row once, as it was sent. Each other row in D1 comes from a request without an answer. */
const checkRows = ({ people, count }: Scene, raw: RawRows) => {
  const found = new Map(
    [
      ...raw.exposures.map((row) => ({ kind: 'exposure', ...row })),
      ...raw.events.map((row) => ({ kind: 'event', ...row })),
    ].map((row) => [`${row.kind}|${row.userId}|${row.id}`, row]),
  )
  for (const [key, { row, isCertain }] of people.rows) {
    const stored = found.get(key)
    found.delete(key)
    expectThat(stored !== undefined || !isCertain, () => `${key} was acknowledged and is lost`)
    if (!stored) continue
    const isFirst = row.id.startsWith('first:')
    const isAsSent =
      stored.about === row.about &&
      ((stored.variant === row.variant && stored.at === row.at) || (isFirst && !isCertain))
    expectThat(isAsSent, () => `${JSON.stringify(row)} is stored as ${JSON.stringify(stored)}`)
    count('row in D1')
  }
  expectThat(found.size === 0, () => `nobody sent ${Array.from(found.keys()).join(', ')}`)
}

const checkAssignments = ({ people }: Scene, { assignments }: RawRows) => {
  const found = new Map(assignments.map((row) => [`${row.userId}|${row.experiment}`, row]))
  for (const [key, { variant, ats }] of people.assigned) {
    const stored = found.get(key)
    expectThat(
      stored?.variant === variant && ats.includes(stored.at),
      () => `${key} is ${variant} since ${ats.join()}, and stored as ${JSON.stringify(stored)}`,
    )
    found.delete(key)
  }
  for (const { userId, experiment, variant } of found.values())
    expectThat(
      people.guesses(userId, experiment).some((guess) => guess.variant === variant),
      () => `nobody assigned ${variant} in ${experiment} to ${userId}`,
    )
}

const isCounted = ({ assignments, exposures, exposedUsers, conversions, clicks }: Rollup) =>
  [assignments, exposures, exposedUsers, conversions, clicks].some((count) => count !== 0)

const inOrder = (rollups: readonly Rollup[]) =>
  rollups
    .filter(isCounted)
    .map((rollup) => JSON.stringify(rollup))
    .toSorted()

const checkRollups = (raw: RawRows & { rollups: Rollup[] }) => {
  const [kept, counted] = [inOrder(raw.rollups), inOrder(rollUp(raw))]
  expectThat(
    JSON.stringify(kept) === JSON.stringify(counted),
    () =>
      `the roll-ups are\n${kept.join('\n')}\nand a count of the rows says\n${counted.join('\n')}`,
  )
}

/** After all faults and half a minute of traffic, each isolate has the newest version. */
const checkFreshness = async (scene: Scene) => {
  for (let second = 0; second <= 30; second += 6) {
    for (let at = 0; at < ISOLATES; at++)
      await performRead(scene, { do: 'read', at, via: 'evaluate', minVersion: false })
    scene.clock.pass(6_000)
  }
  await accountFor(scene)
  const newest = scene.history.version()
  for (let at = 0; at < ISOLATES; at++) {
    await performRead(scene, { do: 'read', at, via: 'ofrep', minVersion: false })
    const { seen } = scene.isolate(at)
    expectThat(seen === newest, () => `isolate ${at} stays at ${seen}; ${newest} is the newest`)
  }
}

/** The Publisher's alarm has delivered all that the Publisher knows. */
const checkDelivery = async (scene: Scene) => {
  await runAlarms(scene, 'publisher')
  await accountFor(scene)
  const newest = scene.history.version()
  const text = await env.SNAPSHOTS.get('snapshot')
  const { version }: { version: number } = JSON.parse(text ?? '{}')
  expectThat(version === newest, () => `KV has version ${version}; ${newest} is the newest`)
}

/** Each override has reached D1, with an audit row, unless the flag was already off there. */
const checkOrders = async ({ history, orders }: Scene) => {
  expectThat((await countOverrides()) === 0, () => 'the Publisher holds orders that D1 never got')
  for (const { target, since } of orders)
    expectThat(
      history.worldsSince(since).some(({ flags }) => !flags[target]?.enabled),
      () => `${target} was ordered off, was on all the time, and the audit does not tell`,
    )
}

/** A running experiment past its `stopAt` is stopped in D1, not only at the edge. */
const checkStops = ({ history }: Scene) => {
  for (const [target, { status, stopAt }] of Object.entries(history.world().experiments))
    expectThat(
      status !== 'RUNNING' || stopAt === null || stopAt > Date.now(),
      () => `${target} should have stopped at ${stopAt}`,
    )
}

/** Lets slow calls arrive now, not in the next run. Calls of an aborted object never arrive. */
const receiveLate = async (scene: Scene) => {
  for (let tries = 0; scene.faults.isLate() && tries < 10; tries++)
    for (const userId of scene.users()) await wake(userId)
}

/** Ends all faults, runs the alarms, and checks the final promises. */
export const settle = async (scene: Scene) => {
  await scene.faults.heal()
  await receiveLate(scene)
  const { clock } = scene
  clock.pass(Math.max(0, clock.highest() - Date.now()) + LONGEST_MS)
  for (const userId of scene.users()) {
    await runAlarms(scene, userId)
    const pending = await countPending(userId)
    expectThat(
      pending === 0,
      () => `${pending} rows of ${userId} wait for an alarm that is not set`,
    )
  }
  await performRead(scene, { do: 'read', at: 0, via: 'evaluate', minVersion: false })
  await runAlarms(scene, 'publisher')
  await accountFor(scene)
  checkStops(scene)
  const raw = await readRows()
  checkAssignments(scene, raw)
  checkRows(scene, raw)
  checkRollups(raw)
  await checkFreshness(scene)
  await checkDelivery(scene)
  await checkOrders(scene)
}
