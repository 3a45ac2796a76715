import { accountFor } from './edits.ts'
import type { Isolate } from './faults.ts'
import { expectThat } from './history.ts'
import { send, type Scene } from './scene.ts'
import type { Step } from './steps.ts'

type Answer = { snapshotVersion: number; changed: boolean; reconciled: boolean }

/** The Publisher's answer, perhaps a later one; undefined when the call did not reach it. */
const saidBy = ({ link }: Isolate) => link.order ?? Promise.resolve(null)

/**
 * Calls break-glass. With any fault of D1, a Publisher that gets the call switches the flag off. The test reads the
 * result from the Publisher itself, because the answer may be late.
 */
export const performBreakGlass = async (scene: Scene, step: Step & { do: 'break glass' }) => {
  const { history, orders, faults } = scene
  const isolate = scene.isolate(step.at)
  const key = scene.flagKey(step.flag)
  const target = `flag:${key}`
  const since = history.version()
  delete isolate.link.order
  const answer = await send<Answer>(isolate, 'POST', `/api/break-glass/${key}`, {
    as: 'root',
    body: { enabled: false, comment: 'chaos' },
  })
  const { status, body } = answer
  const what = () => `breaking the glass for ${key} answers ${status} ${JSON.stringify(body)}`
  const done = await saidBy(isolate)
  if (!done) {
    const wasAbsent = history
      .worldsSince(faults.isFresh(step.at) ? history.due(Date.now()) : 0)
      .some(({ flags }) => !flags[target])
    const isExpected = status === 404 ? wasAbsent : status === 503
    expectThat(isExpected && (status === 404 || !faults.isReachable(step.at)), what)
    return scene.count('flip refused')
  }
  const { version, base, changed, reconciled } = done
  expectThat(status === 200 || !faults.isReachable(step.at), what)
  if (status === 200)
    expectThat(
      body.snapshotVersion === version &&
        body.changed === changed &&
        body.reconciled === reconciled,
      what,
    )
  if (changed) history.flip(version, base, target)
  orders.push({ target, since })
  scene.count(changed ? 'flip' : 'flip of what is off')
  await accountFor(scene)
  expectThat(!history.worldAt(version).flags[target]?.enabled, () => `${what()}, and it is on`)
}
