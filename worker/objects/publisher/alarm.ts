/** The pause before unfinished work goes on, and before the first retry after a failure; each next retry waits twice as long. */
export const SOON_MS = 1_100
export const RETRY_MS = 2_000
const MAX_RETRY_MS = 30_000

/** The one alarm of an object. The earliest requested time wins, and repeated failures make retries rarer. */
export const createAlarm = (ctx: DurableObjectState) => {
  let alarmAt = Number.POSITIVE_INFINITY
  let failures = 0
  void ctx.blockConcurrencyWhile(async () => {
    alarmAt = (await ctx.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
  })
  const scheduleAfter = (ms: number) => {
    const at = Date.now() + ms
    if (at >= alarmAt) return
    alarmAt = at
    ctx.waitUntil(ctx.storage.setAlarm(at))
  }
  return {
    scheduleAfter,
    /** Sets the alarm for unfinished work: later after each failure. */
    retryLater: () =>
      scheduleAfter(
        failures === 0 ? SOON_MS : Math.min(RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS),
      ),
    /** Must run first in an alarm, because the platform has removed the alarm. */
    onAlarm: () => void (alarmAt = Number.POSITIVE_INFINITY),
    countFailure: () => void failures++,
    resetFailures: () => void (failures = 0),
  }
}

export type Alarm = ReturnType<typeof createAlarm>
