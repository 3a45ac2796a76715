import { createBackoff } from './backoff.ts'
import { getOwn, type Bundle } from './bundle.ts'
import type { Bundles } from './bundles.ts'
import { readContext, readUser, type FlagsContext } from './context.ts'
import { createDailyFilter } from './daily.ts'
import type { Delivery } from './delivery.ts'
import { createLru, createSingleFlight, type Mark } from './internal.ts'
import type { Settings } from './options.ts'
import type { Post } from './request.ts'

export type Assignment = {
  /** Null when the experiment is not running or the variant is unknown. */
  readonly variant: string | null
  /** True when this call made the assignment and logged the first exposure. */
  readonly isNew: boolean
}

const NO_ASSIGNMENT: Assignment = { variant: null, isNew: false }

type CachedAssignment = { readonly variant: string | null; readonly at: Mark }

/** How long an assignment is reused, in milliseconds: the experiment may be paused meanwhile. */
const ASSIGNMENT_TTL_MS = 30_000

const toKey = (userId: string | undefined, experimentKey: string) =>
  JSON.stringify([userId, experimentKey])

const findVariant = (bundle: Bundle | undefined, experimentKey: string) =>
  getOwn(bundle?.variants, experimentKey) ?? null

/** The variants of experiments: read from the bundle, or assigned by the service. */
export const createVariants = (
  settings: Settings,
  post: Post,
  bundles: Bundles,
  delivery: Delivery,
) => {
  const { clock, timeoutMs, maxContexts } = settings
  const shown = createLru<string>(maxContexts)
  const assignments = createLru<CachedAssignment>(maxContexts)
  /** The anonymous id of each user who signed in during this client's life. */
  const anonymousIds = createLru<string>(maxContexts)
  const backoff = createBackoff(settings)
  const filterDaily = createDailyFilter(settings)
  const singleFlight = createSingleFlight<Assignment>(settings)

  /** Returns the variant that this user was shown first, and remembers it. */
  const keep = (
    context: FlagsContext,
    experimentKey: string,
    variant: string | null,
  ): string | null => {
    const { userId } = readContext(context)
    const isUsable = userId !== undefined && typeof experimentKey === 'string'
    if (!settings.keepVariants || !isUsable) return variant
    const key = toKey(userId, experimentKey)
    const first =
      shown.get(key) ?? shown.get(toKey(anonymousIds.get(userId), experimentKey)) ?? variant
    if (first !== null) shown.set(key, first)
    return first
  }

  const logExposure = (context: FlagsContext, experimentKey: string, variant: string): boolean => {
    keep(context, experimentKey, variant)
    const exposure = { experimentKey, variant, ...readUser(context), ts: clock.now() }
    return filterDaily(exposure, delivery.add)
  }

  const requestAssignment = async (
    context: FlagsContext,
    experimentKey: string,
    key: string,
  ): Promise<Assignment> => {
    const cached = assignments.get(key)
    if (cached && clock.elapsedMs(cached.at) < ASSIGNMENT_TTL_MS)
      return { variant: cached.variant, isNew: false }
    const mustWait = bundles.pauseMs(context) > 0 || backoff.hasRetryAfter()
    const reply = mustWait
      ? undefined
      : await post({
          path: `/v1/experiments/${encodeURIComponent(experimentKey)}/assign`,
          body: { context: settings.readContext(context) },
          timeoutMs,
        })
    const { variant, isNew, sticky } = Object(reply?.body) as Partial<Record<string, unknown>>
    const isAnswer = reply?.status === 200 && (typeof variant === 'string' || variant === null)
    if (reply && !isAnswer) {
      backoff.failed(reply.retryAfterMs)
      settings.report(reply)
    }
    const fallback = cached?.variant ?? findVariant(bundles.peek(context), experimentKey)
    const kept = keep(context, experimentKey, isAnswer ? variant : fallback)
    if (isAnswer || kept !== null) assignments.set(key, { variant: kept, at: clock.mark() })
    // The service has not recorded a fallback, nor an assignment that is not durable: the client logs the exposure.
    if (kept !== null && (isAnswer ? sticky === false : !cached?.variant))
      logExposure(context, experimentKey, kept)
    return { variant: kept, isNew: isAnswer && isNew === true }
  }

  return {
    keep,
    logExposure,
    /** Ends the backoff, because the service may be back. */
    recover: backoff.reset,
    /** Lets a user keep the variants that they were shown under their anonymous id. */
    identify: (anonymousId: string, userId: string): void => {
      if (typeof anonymousId === 'string') anonymousIds.set(userId, anonymousId)
    },
    /** Reads the variant from the bundle, without an assignment or exposure. */
    get: async (context: FlagsContext, experimentKey: string): Promise<string | null> =>
      keep(context, experimentKey, await bundles.getVariant(context, experimentKey)),
    /** Assigns a variant through the service. Concurrent calls share one request. Never rejects. */
    assign: async (context: FlagsContext, experimentKey: string): Promise<Assignment> => {
      const { userId } = readContext(context)
      if (userId === undefined || typeof experimentKey !== 'string') return NO_ASSIGNMENT
      const key = toKey(userId, experimentKey)
      let isOwnRequest = false
      const assignment = await singleFlight(key, () => {
        isOwnRequest = true
        // encodeURIComponent throws on a lone surrogate in the key.
        return requestAssignment(context, experimentKey, key).catch(() => NO_ASSIGNMENT)
      })
      return isOwnRequest ? assignment : { ...assignment, isNew: false }
    },
  }
}
