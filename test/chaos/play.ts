import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { getPublisher } from '../../worker/objects/stubs.ts'
import { seedKeys } from '../support/api.ts'
import { migrate } from '../support/migrate.ts'
import { performExpose, performReplay, performTrack } from './batches.ts'
import { performBreakGlass } from './break-glass.ts'
import { accountFor, performEdits } from './edits.ts'
import { abortObject, evictObject, reconcile, runAlarm } from './objects.ts'
import { performAssign, performGetVariant, tearDown } from './participation.ts'
import { performKnock, performRead } from './reads.ts'
import { openScene, type Counts, type Scene } from './scene.ts'
import { settle } from './settle.ts'
import { acts, type Step } from './steps.ts'
import { hurryDeadlines, withWatchdog } from './time.ts'

const tearDownEither = (scene: Scene, who: 'publisher' | number) =>
  who === 'publisher' ? abortObject(who) : tearDown(scene, scene.userId(who))

/** An eviction waits for the object's work, so an object that hangs can only be aborted. */
const evict = (scene: Scene, who: 'publisher' | number) =>
  scene.faults.isHolding()
    ? tearDownEither(scene, who)
    : evictObject(who === 'publisher' ? who : scene.userId(who))

const reweigh = async (scene: Scene, step: Step & { do: 'reweigh' }) => {
  const { at, experiment, weights, endsIn } = step
  for (const intent of [
    acts('pause', experiment, weights),
    acts('reweight', experiment, weights),
    acts('launch', experiment, weights, endsIn),
  ])
    await performEdits(scene, { do: 'edit', at, intents: [intent], untold: false })
}

const perform = async (scene: Scene, step: Step): Promise<unknown> => {
  switch (step.do) {
    case 'edit':
      return performEdits(scene, step)
    case 'reweigh':
      return reweigh(scene, step)
    case 'read':
      return performRead(scene, step)
    case 'knock':
      return performKnock(scene, step)
    case 'assign':
      return performAssign(scene, step)
    case 'get variant':
      return performGetVariant(scene, step)
    case 'expose':
      return performExpose(scene, step)
    case 'track':
      return performTrack(scene, step)
    case 'replay':
      return performReplay(scene, step)
    case 'drain':
      return runAlarm(scene.userId(step.user))
    case 'alarm':
      await runAlarm('publisher')
      return accountFor(scene)
    case 'cron':
      return reconcile()
    case 'evict':
      return evict(scene, step.who)
    case 'abort':
      return tearDownEither(scene, step.who)
    case 'pass':
      return scene.clock.pass(step.ms)
    case 'fault':
      return scene.faults.cause(step.fault)
    case 'heal':
      return scene.faults.heal()
    case 'break glass':
      return performBreakGlass(scene, step)
    case 'restart':
      return scene.faults.restart(step.at)
  }
}

/** Restores D1 for the next run. The audit stays, because it cannot be deleted. */
const clear = () =>
  env.DB.batch(
    [
      'feature_flag',
      'experiment',
      'experiment_history',
      'experiment_exposure',
      'experiment_assignment',
      'experiment_rollup',
      'event',
    ].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  )

/** An empty world with the credentials, already published. */
export const startOver = async () => {
  await reset()
  await migrate()
  await seedKeys()
  await getPublisher(env).publish(5)
}

export type Failure = { readonly step: number; readonly message: string }

const describeError = (error: unknown) =>
  error instanceof Error
    ? `${error.message}${error.name === 'Violation' ? '' : `\n${error.stack}`}`
    : String(error)

/** Plays the steps of a run and settles. Returns the place of a failure. */
export const play = async (
  runName: string,
  steps: readonly Step[],
  counts: Counts = {},
): Promise<Failure | undefined> => {
  const scene = await openScene(runName, counts)
  let step = 0
  try {
    for (const one of steps) {
      await withWatchdog(JSON.stringify(one), perform(scene, one))
      scene.faults.note()
      step++
    }
    await withWatchdog('settling', settle(scene))
    return undefined
  } catch (error) {
    return { step, message: describeError(error) }
  } finally {
    scene.faults.end()
    await hurryDeadlines(false)
    scene.clock.pass(scene.clock.highest() - Date.now() + 60_000)
    await clear()
  }
}

/** Finds the fewest steps that still fail: removes ever smaller pieces, and starts over for each try. */
let tries = 0
export const shorten = async (
  runName: string,
  failing: readonly Step[],
  until: () => boolean,
): Promise<readonly Step[]> => {
  let shortest = failing
  for (let size = Math.ceil(failing.length / 2); size >= 1; size = Math.floor(size / 2))
    for (let from = 0; from < shortest.length && !until();) {
      const shorter = shortest.toSpliced(from, size)
      await startOver()
      const failure = await play(`${runName}t${++tries}`, shorter)
      if (failure) shortest = shorter.slice(0, failure.step + 1)
      else from += size
    }
  return shortest
}
