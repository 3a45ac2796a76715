/** When unfinished work is taken up again: soon, or after failures the first retry, doubled up to the last. */
export const SOON_MS = 1_100
export const RETRY_MS = 2_000
const MAX_RETRY_MS = 30_000

/** The one alarm of an object: the earliest wish wins, and what fails again and again is tried less and less often. */
export const createAlarm = (ctx: DurableObjectState) => {
  let alarmAt = Number.POSITIVE_INFINITY
  let failures = 0
  void ctx.blockConcurrencyWhile(async () => {
    alarmAt = (await ctx.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
  })
  const wakeIn = (ms: number) => {
    const at = Date.now() + ms
    if (at >= alarmAt) return
    alarmAt = at
    ctx.waitUntil(ctx.storage.setAlarm(at))
  }
  return {
    wakeIn,
    /** For work that is unfinished: the later, the more often it failed. */
    wakeAgain: () =>
      wakeIn(failures === 0 ? SOON_MS : Math.min(RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS)),
    /** The alarm went off: there is none any more. */
    rang: () => void (alarmAt = Number.POSITIVE_INFINITY),
    failed: () => void failures++,
    succeeded: () => void (failures = 0),
  }
}

export type Alarm = ReturnType<typeof createAlarm>
