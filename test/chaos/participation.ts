import {
  computeBucket,
  hashUser,
  computeSeed,
  findVariantIndex,
} from '../../worker/evaluate/bucket.ts'
import { CLIENT } from '../support/api.ts'
import { abortObject } from './objects.ts'
import { expectThat } from './history.ts'
import { isActive, type World } from './model.ts'
import type { Row } from './people.ts'
import { checkVersion } from './reads.ts'
import { send, type Answer, type Scene } from './scene.ts'
import type { Step } from './steps.ts'

/** The variant of a user's bucket (see test/vectors). Null when the experiment assigns no users now. */
export const bucketVariant = (world: World, key: string, userId: string): string | null => {
  const experiment = world.experiments[`experiment:${key}`]
  return experiment && isActive(experiment, Date.now())
    ? bucketByWeights(experiment.weights, key, userId)
    : null
}

/** The variant by weights alone, even if the experiment assigns no users now. */
export const bucketByWeights = (weights: readonly number[], key: string, userId: string): string =>
  'AB'.charAt(findVariantIndex(computeBucket(hashUser(userId), computeSeed(key)), weights))

/** Aborts a user's object. Its state is unknown until it answers again. */
export const tearDown = ({ people }: Scene, userId: string) => {
  people.met.delete(userId)
  return abortObject(userId)
}

type AssignAnswer = { variant: string | null; isNew: boolean; sticky?: false }

/** Checks one answer to `assign` against the world of its version. */
const judge = (
  { people, history, count }: Scene,
  key: string,
  userId: string,
  { status, version, body }: Answer<AssignAnswer>,
) => {
  if (version === null) return
  const world = history.worldAt(version)
  const what = () => `assign ${userId} in ${key} at ${version}: ${status} ${JSON.stringify(body)}`
  if (!world.experiments[`experiment:${key}`])
    return expectThat(status === 404, () => `${what()}, of an experiment that is not there`)
  expectThat(status === 200, what)
  const { variant, isNew, sticky } = body
  const bucket = bucketVariant(world, key, userId)
  const now = Date.now()
  if (bucket === null || variant === null)
    return expectThat(variant === bucket && !isNew, () => `${what()}, not ${bucket}`)
  /** The exposure that an assignment logs by itself. */
  const first: Row = {
    kind: 'exposure',
    userId,
    id: `first:${key}`,
    about: key,
    variant,
    at: now,
  }
  if (sticky === false) {
    expectThat(variant === bucket && !isNew, () => `${what()}, not the bucket's ${bucket}`)
    people.mayBeAssigned(userId, key, variant, now)
    people.mayBeLogged(first, now)
    return count('assign not sticky')
  }
  if (isNew) {
    const known = people.variantOf(userId, key)
    expectThat(
      known === undefined && variant === bucket,
      () => `${what()}, after ${known}; bucket ${bucket}`,
    )
    people.isLogged(first, now)
  }
  people.isAssigned(userId, key, variant, isNew ? now : null)
  people.met.add(userId)
  return count(isNew ? 'assign new' : 'assign again')
}

/** Asks several isolates for one user at once, perhaps during an abort of the object. */
export const performAssign = async (scene: Scene, step: Step & { do: 'assign' }) => {
  const { experiment, user, at, crash } = step
  const [key, userId] = [scene.experimentKey(experiment), scene.userId(user)]
  const sent = { as: CLIENT, body: { context: { userId } } }
  const ask = (isolate: number) =>
    send<AssignAnswer>(scene.isolate(isolate), 'POST', `/v1/experiments/${key}/assign`, sent)
  const [answers] = await Promise.all([Promise.all(at.map(ask)), crash && tearDown(scene, userId)])
  const asked = answers.map((answer, index) => ({ answer, isolate: at[index] ?? 0 }))
  for (const { answer, isolate } of asked.toSorted(
    (a, b) => (a.answer.version ?? -1) - (b.answer.version ?? -1),
  ))
    await checkVersion(scene, isolate, answer)
  for (const answer of answers.toSorted((a, b) => Number(b.body.isNew) - Number(a.body.isNew)))
    judge(scene, key, userId, answer)
}

/** Peeks. Without a fault, the answer must be the user's variant, or the one that the user would get now. */
export const performGetVariant = async (scene: Scene, step: Step & { do: 'get variant' }) => {
  const { history, people, faults } = scene
  const [key, userId] = [scene.experimentKey(step.experiment), scene.userId(step.user)]
  const path = `/v1/experiments/${key}/variant`
  const sent = { as: CLIENT, body: { context: { userId } } }
  const answer = await send<{ variant: string | null }>(scene.isolate(step.at), 'POST', path, sent)
  await checkVersion(scene, step.at, answer)
  const { version, status, body } = answer
  if (version === null) return
  const world = history.worldAt(version)
  const target = `experiment:${key}`
  if (!world.experiments[target])
    return expectThat(status === 404, () => `getVariant of nothing answers ${status}`)
  const isCurrent =
    world.experiments[target].version === history.world().experiments[target]?.version
  const isKnowable = people.met.has(userId) || faults.isCalm('participant d1', 'hurry')
  if (!isCurrent || !isKnowable || people.isUncertain(userId, key)) return
  const bucket = bucketVariant(world, key, userId)
  const expected = bucket && (people.variantOf(userId, key) ?? bucket)
  expectThat(
    body.variant === expected,
    () => `getVariant ${userId} in ${key} says ${body.variant}, not ${expected}`,
  )
  scene.count('get variant')
}
