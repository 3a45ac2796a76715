import { MAX_SNAPSHOT_BYTES } from '../../../schema/limits.ts'
import { raiseAlarm } from '../../lib/raise-alarm.ts'
import { parseSnapshot, type CompiledSnapshot } from '../../snapshot/parse.ts'
import type { Database } from '../../store/database.ts'
import { readSnapshot } from '../../store/snapshot.ts'

/** An operator should look at what grows when a snapshot reaches this share of the largest size. */
const ALARMING_SHARE = 0.8

/** When the next running experiment ends, in epoch milliseconds; null when no running experiment has an end. */
const findNextStop = ({ experiments }: CompiledSnapshot): number | null => {
  const stops = Array.from(experiments.values(), ({ status, stopAt }) =>
    status === 'RUNNING' ? stopAt : null,
  ).filter((stopAt) => stopAt !== null)
  return stops.length === 0 ? null : Math.min(...stops)
}

/** Builds the snapshot of D1 as text. Throws when readers could not parse it, or KV could not store it. */
export const buildSnapshot = async (db: Database, at: Date) => {
  const { snapshot, origin } = await readSnapshot(db, at)
  const text = JSON.stringify(snapshot)
  const { length } = new TextEncoder().encode(text)
  if (length > MAX_SNAPSHOT_BYTES * ALARMING_SHARE)
    raiseAlarm('alarm.snapshot_size', { bytes: length, limit: MAX_SNAPSHOT_BYTES })
  if (length > MAX_SNAPSHOT_BYTES)
    throw new Error(`the snapshot has ${length} bytes, ${MAX_SNAPSHOT_BYTES} at most`)
  const { version, builtAt } = snapshot
  return { version, builtAt, origin, text, nextStopAt: findNextStop(parseSnapshot(text)) }
}
