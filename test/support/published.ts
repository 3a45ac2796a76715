import { adminApi } from './admin-api.ts'
import { CLIENT } from './credentials.ts'
import { getOrigin } from './origin.ts'

/** Waits until the shared server answers with an edit. Returns its version. */
const published = async (edit: Promise<Response>): Promise<number> => {
  const answer = await edit
  if (!answer.ok) throw new Error(await answer.text())
  const { snapshotVersion } = await answer.json<{ snapshotVersion: number }>()
  await fetch(`${getOrigin()}/v1/flags/evaluate?minVersion=${snapshotVersion}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${CLIENT}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ context: {}, keys: [] }),
  })
  return snapshotVersion
}

export const setFlag = (key: string, settings: object) =>
  published(adminApi('PUT', `/api/flags/${key}`, settings))

/** Creates and launches an experiment with the halves A and B. */
export const runExperiment = async (key: string) => {
  const variants = ['A', 'B'].map((name) => ({ name, weight: 50 }))
  const created = await adminApi('POST', '/api/experiments', { key, variants })
  if (!created.ok) throw new Error(await created.text())
  return published(adminApi('POST', `/api/experiments/${key}/launch`, {}))
}
