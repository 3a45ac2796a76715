import { raiseAlarm } from '../../lib/raise-alarm.ts'

/** An edit that is committed but not published for this long raises an alarm. */
export const PUBLISH_LAG_MS = 30_000
/** KV may be behind for this long: it only carries snapshots, and readers still ask the Publisher. */
export const KV_LAG_MS = 120_000
/** A flag may be off in the Publisher but not in D1 for this long. */
export const OVERRIDE_MS = 300_000

/** Remembers when a lag began, and logs an error at each check that finds it longer than the limit. */
const createLagAlarm = (event: `alarm.${string}`, limitMs: number) => {
  let since: number | undefined
  return (isBehind: boolean, now: number, facts: object): void => {
    if (!isBehind) since = undefined
    else {
      since = Math.min(since ?? now, now)
      const ms = now - since
      if (ms >= limitMs) raiseAlarm(event, { seconds: Math.floor(ms / 1000), ...facts })
    }
  }
}

/** The alarms that the Publisher raises for operators. */
export const createLagAlarms = () => ({
  checkPublishing: createLagAlarm('alarm.publish_lag', PUBLISH_LAG_MS),
  checkKv: createLagAlarm('alarm.kv_lag', KV_LAG_MS),
  checkOverrides: createLagAlarm('alarm.override_pending', OVERRIDE_MS),
})
