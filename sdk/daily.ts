import type { Settings } from './options.ts'
import type { Exposure } from './outbox.ts'

/** Exposures of one day that a client remembers. The service recognizes those that it forgets. */
const MAX_REMEMBERED = 10_000

/** 53 bits of a text (cyrb53): two halves that differ in seed and multiplier, so that similar texts seldom agree. */
const hashText = (text: string): string => {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 2_654_435_761)
    low = Math.imul(low ^ unit, 1_597_334_677)
  }
  high =
    Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low =
    Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return (2 ** 32 * (low & 0x1f_ff_ff) + (high >>> 0)).toString(36)
}

/**
 * Lets through one exposure for each user, experiment, variant and day (UTC). Its id is the same in each process, so the
 * service counts it once. Without the option, each exposure passes as it is.
 */
export const createDailyFilter = ({ dailyExposures, clock }: Settings) => {
  const sent = new Set<string>()
  return (
    exposure: Omit<Exposure, 'id'>,
    add: (item: Omit<Exposure, 'id'> & { readonly id?: string }) => boolean,
  ): boolean => {
    if (!dailyExposures) return add(exposure)
    const { userId, experimentKey, variant } = exposure
    const day = Math.floor(clock.now() / 86_400_000)
    const id = `day-${day}-${hashText(JSON.stringify([userId, experimentKey, variant]))}`
    if (sent.has(id)) return true
    const isKept = add({ ...exposure, id })
    if (sent.size >= MAX_REMEMBERED) sent.clear()
    if (isKept) sent.add(id)
    return isKept
  }
}
