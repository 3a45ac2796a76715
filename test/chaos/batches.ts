import { CLIENT } from '../support/api.ts'
import { expectThat } from './history.ts'
import { runAt, type World } from './model.ts'
import { bucketByWeights, bucketVariant, tearDown } from './participation.ts'
import type { Row } from './people.ts'
import { checkVersion } from './reads.ts'
import { send, type Scene } from './scene.ts'
import type { Exposed, Step, Tracked } from './steps.ts'

type BatchAnswer = {
  accepted: number
  duplicates: number
  rejected: { id: string; errorCode: string }[]
}

/** A row further ahead than this is in the future. */
const TOLERANCE_MS = 5 * 60_000

/** The batches of a run, to be sent again. */
const sent = new WeakMap<Scene, (readonly Row[])[]>()
const listSent = (scene: Scene): (readonly Row[])[] => {
  const known = sent.get(scene) ?? []
  sent.set(scene, known)
  return known
}

const numbers = new WeakMap<Scene, number>()
const nextId = (scene: Scene): string => {
  const number = (numbers.get(scene) ?? 0) + 1
  numbers.set(scene, number)
  return `${scene.name}-${number}`
}

const createExposure = (scene: Scene, { user, experiment, variant, ago }: Exposed): Row => {
  const [about, userId] = [scene.experimentKey(experiment), scene.userId(user)]
  const { people, history } = scene
  const mine =
    people.variantOf(userId, about) ??
    people.guesses(userId, about).at(0)?.variant ??
    bucketVariant(history.world(), about, userId) ??
    'A'
  const other = mine === 'A' ? 'B' : 'A'
  const shown = variant === 'mine' ? mine : other
  return {
    kind: 'exposure',
    userId,
    id: nextId(scene),
    about,
    variant: shown,
    at: Date.now() - ago,
  }
}

const createEvent = (scene: Scene, { user, type, ago }: Tracked): Row => ({
  kind: 'event',
  userId: scene.userId(user),
  id: nextId(scene),
  about: type,
  variant: '',
  at: Date.now() - ago,
})

/**
 * Why a row must be refused; undefined when it must be accepted. The model must know the user's variant for certain.
 * A user without a variant gets one by the weights of the row's run.
 */
const findRefusal = (scene: Scene, world: World, row: Row): string | undefined => {
  if (row.at > Date.now() + TOLERANCE_MS) return 'IN_THE_FUTURE'
  if (row.kind === 'event') return undefined
  const target = `experiment:${row.about}`
  if (!world.experiments[target]) return 'EXPERIMENT_NOT_FOUND'
  const run = runAt(world, target, row.at, Date.now())
  if (run === 'BEFORE_LAUNCH') return run
  const bucket = run && bucketByWeights(run.weights, row.about, row.userId)
  const has = scene.people.variantOf(row.userId, row.about) ?? bucket
  return row.variant === has ? undefined : 'VARIANT_MISMATCH'
}

const isUncertain = ({ people }: Scene, { kind, userId, about }: Row) =>
  kind === 'exposure' && people.isUncertain(userId, about)

/** Whether an isolate that knows any of these worlds may accept a row. */
const mayBeTaken = (scene: Scene, worlds: readonly World[], row: Row) =>
  isUncertain(scene, row) || worlds.some((world) => findRefusal(scene, world, row) === undefined)

/** Notes the possible effects of a batch that got no answer. */
const supposeAll = (scene: Scene, worlds: readonly World[], rows: readonly Row[]) => {
  const { people } = scene
  for (const row of rows) {
    if (!mayBeTaken(scene, worlds, row)) continue
    if (row.kind === 'exposure' && people.variantOf(row.userId, row.about) === undefined)
      people.mayBeAssigned(row.userId, row.about, row.variant, row.at)
    people.mayBeLogged(row, Date.now())
  }
}

/**
 * Checks an answer row by row: accepted, repeated or rightly refused. An isolate may accept a row by an older
 * snapshot, and may refuse it only by the newest.
 */
const account = (
  scene: Scene,
  worlds: readonly [World, ...World[]],
  rows: readonly Row[],
  body: BatchAnswer,
) => {
  const { people, clock, faults } = scene
  const refused = new Map(body.rejected.map(({ id, errorCode }) => [id, errorCode]))
  const strangers = new Set(rows.map(({ userId }) => userId).filter((id) => !people.met.has(id)))
  /** The Worker repeats a call whose answer is lost, after an object's abort or a deadline. */
  const mayRepeat = ({ userId }: Row) => strangers.has(userId) || !faults.isCalm('hurry')
  let [fewest, most] = [0, 0]
  for (const row of rows.filter(({ id }) => !refused.has(id))) {
    const { userId, about, kind } = row
    expectThat(
      mayBeTaken(scene, worlds, row),
      () => `${JSON.stringify(row)} is taken, not ${findRefusal(scene, worlds[0], row)}`,
    )
    const logged = people.wasLogged(row, clock.highest())
    fewest += logged === 'no' && !mayRepeat(row) ? 1 : 0
    most += logged === 'yes' ? 0 : 1
    if (kind === 'exposure') people.isAssigned(userId, about, row.variant, row.at)
    people.isLogged(row, Date.now())
    people.met.add(userId)
    scene.count(logged === 'yes' ? `${kind} repeated` : `${kind} accepted`)
  }
  for (const row of rows.filter(({ id }) => refused.has(id))) {
    const [expected, found] = [findRefusal(scene, worlds[0], row), refused.get(row.id)]
    expectThat(
      isUncertain(scene, row) || expected === found,
      () => `${JSON.stringify(row)} is ${found}, not ${expected ?? 'taken'}`,
    )
  }
  const { accepted, duplicates } = body
  const what = () =>
    `${JSON.stringify(body)} for ${rows.length} rows, ${fewest} to ${most} of them new`
  expectThat(accepted >= fewest && accepted <= most, what)
  expectThat(accepted + duplicates + refused.size === rows.length, what)
}

const toBody = (rows: readonly Row[]) =>
  rows[0]?.kind === 'event'
    ? { events: rows.map(({ id, about, userId, at }) => ({ id, type: about, userId, ts: at })) }
    : {
        exposures: rows.map(({ id, about, userId, variant, at }) => ({
          id,
          experimentKey: about,
          userId,
          variant,
          ts: at,
        })),
      }

const sendRows = async (scene: Scene, at: number, rows: readonly Row[], crash: boolean) => {
  const path = rows[0]?.kind === 'event' ? '/v1/events' : '/v1/exposures'
  const { seen } = scene.isolate(at)
  const [answer] = await Promise.all([
    send<BatchAnswer>(scene.isolate(at), 'POST', path, { as: CLIENT, body: toBody(rows) }),
    crash && tearDown(scene, rows[0]?.userId ?? ''),
  ])
  await checkVersion(scene, at, answer)
  const { status, version, body } = answer
  if (version === null) return
  const { faults, people, history } = scene
  const worlds = history.worldsBetween(seen, version)
  if (status === 202) return account(scene, worlds, rows, body)
  const mayFail =
    crash ||
    !faults.isCalm('participant d1', 'hurry') ||
    rows.some(({ userId }) => !people.met.has(userId))
  expectThat(status === 503 && mayFail, () => `${path} answers ${status} ${JSON.stringify(body)}`)
  supposeAll(scene, worlds, rows)
  scene.count('batch unanswered')
}

export const performExpose = (scene: Scene, { at, items, crash }: Step & { do: 'expose' }) => {
  const rows = items.map((item) => createExposure(scene, item))
  listSent(scene).push(rows)
  return sendRows(scene, at, rows, crash)
}

export const performTrack = (scene: Scene, { at, items }: Step & { do: 'track' }) => {
  const rows = items.map((item) => createEvent(scene, item))
  listSent(scene).push(rows)
  return sendRows(scene, at, rows, false)
}

export const performReplay = async (scene: Scene, { at, back }: Step & { do: 'replay' }) => {
  const rows = listSent(scene).at(-1 - back)
  if (rows) await sendRows(scene, at, rows, false)
}
