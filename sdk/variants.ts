import { memberOf, type Bundle } from './bundle.ts'
import type { Bundles } from './bundles.ts'
import { readContext, type FlagsContext } from './context.ts'
import type { Settings } from './options.ts'
import { isYoung } from './time.ts'
import { createRecent } from './recent.ts'
import type { Post } from './request.ts'
import { createShared } from './shared.ts'

export type Assignment = {
  /** Null while the experiment is not running, or when it is not known. */
  readonly variant: string | null
  /** Whether this call made the assignment, and so logged the first exposure. */
  readonly isNew: boolean
}

type Assigned = { readonly variant: string | null; readonly at: number }
type LogExposure = (context: FlagsContext, experimentKey: string, variant: string) => boolean

/** An assignment is asked for again after this long, in milliseconds: the experiment may have been paused. */
const ASSIGNED_MS = 30_000

const nameOf = (userId: string | undefined, experimentKey: string) =>
  JSON.stringify([userId, experimentKey])

const nameIn = (context: FlagsContext, experimentKey: string) =>
  nameOf(readContext(context).userId, experimentKey)

const toldIn = (bundle: Bundle | undefined, experimentKey: string) =>
  (bundle && memberOf(bundle.variants, experimentKey)) ?? null

/** The variants of experiments: told from the bundle, or assigned by the service. */
export const createVariants = (
  settings: Settings,
  post: Post,
  bundles: Bundles,
  logExposure: LogExposure,
) => {
  const { now, timeoutMs, maxContexts } = settings
  const given = createRecent<string>(maxContexts)
  const assigned = createRecent<Assigned>(maxContexts)
  /** Who a user was in this client's life before they signed in. */
  const anonymous = new Map<string | undefined, string>()
  const shared = createShared<Assignment>(settings)

  /** The variant that this user was given before, else this one, which stays from now on. */
  const keep = (context: FlagsContext, experimentKey: string, variant: string | null) => {
    if (!settings.keepVariants) return variant
    const { userId } = readContext(context)
    const name = nameOf(userId, experimentKey)
    const before = given.get(name) ?? given.get(nameOf(anonymous.get(userId), experimentKey))
    const kept = before ?? variant
    if (kept !== null) given.set(name, kept)
    return kept
  }

  /** What is known without the service; what is shown of it is logged, since nobody else knows of it. */
  const fallBack = (context: FlagsContext, experimentKey: string, before?: Assigned) => {
    const known = before?.variant ?? toldIn(bundles.peek(context), experimentKey)
    const variant = keep(context, experimentKey, known)
    if (variant !== null) {
      if (!before) logExposure(context, experimentKey, variant)
      assigned.set(nameIn(context, experimentKey), { variant, at: now() })
    }
    return { variant, isNew: false }
  }

  const askFor = async (context: FlagsContext, experimentKey: string): Promise<Assignment> => {
    const name = nameIn(context, experimentKey)
    const before = assigned.get(name)
    if (before && isYoung(now() - before.at, ASSIGNED_MS))
      return { variant: before.variant, isNew: false }
    if (bundles.pauseMs() > 0) return fallBack(context, experimentKey, before)
    const reply = await post({
      path: `/v1/experiments/${encodeURIComponent(experimentKey)}/assign`,
      body: { context: readContext(context) },
      timeoutMs,
    })
    const { variant, isNew, sticky } = (reply.body ?? {}) as Partial<Record<string, unknown>>
    if (reply.status !== 200 || (typeof variant !== 'string' && variant !== null)) {
      settings.onError(reply.error)
      return fallBack(context, experimentKey, before)
    }
    const kept = keep(context, experimentKey, variant)
    assigned.set(name, { variant: kept, at: now() })
    // Not durable, so not logged either: then it is logged from here.
    if (sticky === false && kept !== null) logExposure(context, experimentKey, kept)
    return { variant: kept, isNew: isNew === true }
  }

  return {
    keep,
    /** Lets a user go on with what was given to them as nobody. */
    identify: (anonymousId: string, userId: string) => void anonymous.set(userId, anonymousId),
    /** Told from the bundle; assigns nobody and logs nothing. */
    get: async (context: FlagsContext, experimentKey: string): Promise<string | null> => {
      const bundle = await bundles.read(context)
      return keep(context, experimentKey, toldIn(bundle, experimentKey))
    },
    /** Assigned by the service; calls at the same time share one request. Never rejects. */
    assign: async (context: FlagsContext, experimentKey: string): Promise<Assignment> => {
      if (readContext(context).userId === undefined) return { variant: null, isNew: false }
      let isMine = false
      const answer = await shared(nameIn(context, experimentKey), () => {
        isMine = true
        return askFor(context, experimentKey).catch(() => fallBack(context, experimentKey))
      })
      return isMine ? answer : { ...answer, isNew: false }
    },
  }
}
