import { demoFlags, demoKeys } from '../../schema/demo.ts'
import { hashSecret } from '../secret.ts'
import { openDatabase } from '../store/database.ts'
import { readSnapshotVersion } from '../store/edit.ts'
import { editFlag } from '../store/flags.ts'
import { createKey } from '../store/keys.ts'

/** Puts the demo data into a database in which nothing was ever edited; leaves any other alone. */
export const seedWhenEmpty = async (d1: D1Database): Promise<boolean> => {
  const db = openDatabase(d1)
  if ((await readSnapshotVersion(db)) > 0) return false
  const editor = { actor: 'npm start', at: new Date(), comment: 'demo data' }
  for (const { name, kind, secret } of demoKeys)
    await createKey(db, editor, {
      id: name.replace(' ', '-'),
      name,
      kind,
      hash: hashSecret(secret),
    })
  for (const [key, settings] of Object.entries(demoFlags))
    await editFlag(db, key, 'absent', editor, () => settings)
  return true
}
