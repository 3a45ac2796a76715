import { SERVICE_ACTORS } from '../../schema/actor.ts'
import { demoBehaviour, demoExperiments, demoFlags, demoKeys } from '../../schema/demo.ts'
import { createDemoHistory } from '../../schema/demo-history.ts'
import { bucketVariant, compileExperiment, readSubject } from '../evaluate/index.ts'
import { launch } from '../experiments/lifecycle.ts'
import { hashSecret } from '../lib/secret.ts'
import { openDatabase, type Database } from '../store/database.ts'
import type { Editor } from '../store/edit.ts'
import { createExperiment, editExperiment } from '../store/experiments.ts'
import { editFlag } from '../store/flags.ts'
import { createKey, listKeys } from '../store/keys.ts'
import { writeParticipation } from '../store/participation.ts'

const HISTORY_DAYS = 14
const HISTORY_USERS = 6_000
/** Users in one transaction: D1 takes 2 MB in a parameter. */
const USERS_A_WRITE = 2_000

const toKeyId = (name: string) => name.replace(' ', '-')
const demoIds = new Set(demoKeys.map(({ name }) => toKeyId(name)))

/** Whether only some of the demo keys exist, or none: an earlier start was interrupted, or never was. */
const isUnfinished = async (db: Database): Promise<boolean> => {
  const keys = await listKeys(db, '', demoIds.size)
  return keys.length < demoIds.size && keys.every(({ id }) => demoIds.has(id))
}

/**
 * Writes the demo data into a database without keys, and changes no other database. The keys come last, and existing
 * rows stay: the next start completes an interrupted one.
 */
export const seedWhenEmpty = async (d1: D1Database): Promise<boolean> => {
  const db = openDatabase(d1)
  if (!(await isUnfinished(db))) return false
  const now = new Date()
  const at = new Date(now.getTime() - HISTORY_DAYS * 86_400_000)
  const editor = { actor: SERVICE_ACTORS.demo, at, comment: 'demo data' }
  for (const [key, settings] of Object.entries(demoFlags))
    await editFlag(db, key, 'absent', editor, () => settings)
  await seedExperiments(db, editor)
  await seedHistory(db, now)
  for (const { name, kind, secret, settings } of demoKeys)
    await createKey(db, editor, {
      id: toKeyId(name),
      name,
      kind,
      hash: hashSecret(secret),
      settings,
    })
  return true
}

/** All are drafts but the first, which was launched when its history begins. */
const seedExperiments = async (db: Database, editor: Editor) => {
  for (const settings of demoExperiments) await createExperiment(db, editor, settings)
  await editExperiment(db, editor, {
    key: demoExperiments[0]?.key ?? '',
    action: 'experiment.launch',
    version: undefined,
    decide: (draft) => launch(draft, {}, editor.at),
  })
}

const seedHistory = async (db: Database, now: Date) => {
  const [settings] = demoExperiments
  if (!settings) return
  const { key, variants } = settings
  const experiment = compileExperiment({
    key,
    variants,
    status: 'RUNNING',
    startAt: null,
    stopAt: null,
    isBucketed: true,
    hasInherited: false,
  })
  const { assignments, exposures, events } = createDemoHistory({
    seed: 42,
    experimentKey: settings.key,
    users: HISTORY_USERS,
    days: HISTORY_DAYS,
    endsAt: now.getTime(),
    behaviour: demoBehaviour,
    chooseVariant: (userId) => bucketVariant(experiment, readSubject({ userId })) ?? '',
  })
  for (let from = 0; from < assignments.length; from += USERS_A_WRITE) {
    const users = assignments.slice(from, from + USERS_A_WRITE)
    const names = new Set(users.map(({ userId }) => userId))
    const isOfThese = ({ userId }: { userId: string }) => names.has(userId)
    await writeParticipation(db, {
      assignments: users,
      exposures: exposures.filter(isOfThese),
      events: events.filter(isOfThese),
    })
  }
}
