import { CLIENT } from '../support/api.ts'
import { accountFor } from './edits.ts'
import { expectThat } from './history.ts'
import { isActive, isOn, type World } from './model.ts'
import { send, type Answer, type Scene } from './scene.ts'
import type { Step } from './steps.ts'

/**
 * Checks an answer of an isolate. Its version was committed and never goes back. A warm isolate always answers. While
 * the Publisher answers, the answer contains each override older than the bound. While the Publisher reaches D1, it
 * contains each edit older than the bound.
 */
export const checkVersion = async (scene: Scene, at: number, answer: Answer): Promise<void> => {
  const { history, faults, isolate } = scene
  const reader = isolate(at)
  const { status, version } = answer
  if (version === null) {
    const mayBeDown = status === 503 && reader.seen < 0 && !faults.isFresh(at)
    expectThat(mayBeDown, () => `isolate ${at} answers ${status}, after version ${reader.seen}`)
    return
  }
  expectThat(
    version >= reader.seen,
    () => `isolate ${at} goes back from ${reader.seen} to ${version}`,
  )
  reader.seen = version
  // A question to the Publisher may make it raise D1's version past an override.
  if (!history.isKnown(version)) await accountFor(scene)
  expectThat(history.isKnown(version), () => `version ${version} was never committed`)
  const now = Date.now()
  const expectDue = (due: number, shown: number) =>
    expectThat(
      shown >= due,
      () => `isolate ${at} answers from ${version}; 30 s are over for ${due}`,
    )
  if (faults.isReachable(at)) expectDue(history.dueFlip(now), version)
  if (faults.isFresh(at)) expectDue(history.due(now), history.contained(version))
}

type EvaluateAnswer = { flags: Record<string, boolean>; unknown?: string[]; version: number }
type OfrepAnswer = { flags: { key: string; value?: boolean | string; errorCode?: string }[] }

const inRun = (scene: Scene, key: string) =>
  key.startsWith(`${scene.name}.`) || key.startsWith(`${scene.name}-`)

const expectedFlags = ({ flags }: World) =>
  Object.entries(flags).map(([target, flag]): [string, boolean] => [target.slice(5), isOn(flag)])

const expectedExperiments = ({ experiments }: World) =>
  Object.entries(experiments)
    .filter(([, experiment]) => isActive(experiment, Date.now()))
    .map(([target]) => target.slice(11))

const byKey = ([a]: [string, ...unknown[]], [b]: [string, ...unknown[]]) => (a < b ? -1 : 1)

const expectSame = (at: number, version: number, found: unknown, expected: unknown) =>
  expectThat(
    JSON.stringify(found) === JSON.stringify(expected),
    () =>
      `isolate ${at} at version ${version} says ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`,
  )

const evaluateFlags = async (scene: Scene, at: number, query: string) => {
  const keys = [scene.flagKey(0), scene.flagKey(1)]
  const sent = { as: CLIENT, body: { context: {}, keys } }
  const answer = await send<EvaluateAnswer>(
    scene.isolate(at),
    'POST',
    `/v1/flags/evaluate${query}`,
    sent,
  )
  return { answer, flags: Object.entries(answer.body.flags ?? {}), experiments: undefined }
}

const evaluateOfrep = async (scene: Scene, at: number, query: string) => {
  const sent = { as: CLIENT, body: { context: {} } }
  const path = `/ofrep/v1/evaluate/flags${query}`
  const answer = await send<OfrepAnswer>(scene.isolate(at), 'POST', path, sent)
  const mine = (answer.body.flags ?? []).filter(({ key }) => inRun(scene, key))
  const isExperiment = ({ key }: { key: string }) => key.startsWith(`${scene.name}-`)
  return {
    answer,
    flags: mine
      .filter((flag) => !isExperiment(flag))
      .map(({ key, value }): [string, boolean] => [key, value === true]),
    experiments: mine.filter(isExperiment).map(({ key }) => key),
  }
}

/** Evaluates, and compares each value with the world of the answer's version. */
export const performRead = async (scene: Scene, { at, via, minVersion }: Step & { do: 'read' }) => {
  const demanded = scene.history.published
  const query = minVersion ? `?minVersion=${demanded}` : ''
  const evaluate = via === 'ofrep' ? evaluateOfrep : evaluateFlags
  const { answer, flags, experiments } = await evaluate(scene, at, query)
  await checkVersion(scene, at, answer)
  const { status, version } = answer
  if (version === null) return scene.count('read without a snapshot')
  expectThat(
    status === 200,
    () => `isolate ${at} answers ${status}: ${JSON.stringify(answer.body)}`,
  )
  if (minVersion && scene.faults.isFresh(at))
    expectThat(
      scene.history.contained(version) >= demanded,
      () => `minVersion=${demanded} is answered from ${version}`,
    )
  const world = scene.history.worldAt(version)
  expectSame(at, version, flags.toSorted(byKey), expectedFlags(world).toSorted(byKey))
  if (experiments)
    expectSame(at, version, experiments.toSorted(), expectedExperiments(world).toSorted())
  if (scene.history.contained(version) !== version) scene.count('read of a flip')
  else if (version === scene.history.version()) scene.count('read of the newest')
  else scene.count('read of an older version')
}

/** Uses a key of the run, perhaps a revoked one. Exactly the versions that contain the key accept it. */
export const performKnock = async (scene: Scene, { at, key }: Step & { do: 'knock' }) => {
  const name = scene.keyName(key)
  const secret = scene.secrets.get(name)
  if (secret === undefined) return
  const answer = await send(scene.isolate(at), 'POST', '/v1/flags/evaluate', {
    as: secret,
    body: { context: {}, keys: [] },
  })
  await checkVersion(scene, at, answer)
  const { status, version } = answer
  if (version === null) return
  const known = Object.values(scene.history.worldAt(version).keys).find((one) => one.name === name)
  const expected = known && !known.isRevoked ? 200 : 401
  expectThat(
    status === expected,
    () => `key ${name} gets ${status} from version ${version}, not ${expected}`,
  )
  scene.count(`knock ${status}`)
}
