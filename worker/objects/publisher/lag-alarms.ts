/** How long an edit may be committed and not published before that is an alarm. */
export const PUBLISH_LAG_MS = 30_000
/** How long KV may be behind. It is the transport only: readers still ask the Publisher. */
export const KV_LAG_MS = 120_000
/** How long a flag may be off only here. */
export const OVERRIDE_MS = 300_000

/** Remembers since when something is behind, and says so in the log each time it is looked at and too long. */
const watch = (event: string, limitMs: number) => {
  let since: number | undefined
  return (isBehind: boolean, now: number, facts: object): void => {
    if (!isBehind) since = undefined
    else {
      since = Math.min(since ?? now, now)
      const ms = now - since
      if (ms >= limitMs) console.error({ event, seconds: Math.floor(ms / 1000), ...facts })
    }
  }
}

/** What someone on call should hear of from the Publisher. */
export const createLagAlarms = () => ({
  publishing: watch('alarm.publish_lag', PUBLISH_LAG_MS),
  delivering: watch('alarm.kv_lag', KV_LAG_MS),
  overriding: watch('alarm.override_pending', OVERRIDE_MS),
})
