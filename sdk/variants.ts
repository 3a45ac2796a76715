import { memberOf } from './bundle.ts'
import type { Bundles } from './bundles.ts'
import { readContext, type FlagsContext } from './context.ts'
import type { Settings } from './options.ts'
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

const nameOf = (context: FlagsContext, experimentKey: string) =>
  JSON.stringify([readContext(context).userId, experimentKey])

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
  const shared = createShared<Assignment>(settings)

  /** The variant that this user was given before, else this one, which stays from now on. */
  const keep = (context: FlagsContext, experimentKey: string, variant: string | null) => {
    if (!settings.keepVariants) return variant
    const name = nameOf(context, experimentKey)
    const before = given.get(name)
    if (before === undefined && variant !== null) given.set(name, variant)
    return before ?? variant
  }

  /** What is known without the service; what is shown of it is logged, since nobody else knows of it. */
  const fallBack = (context: FlagsContext, experimentKey: string, before: Assigned | undefined) => {
    const bundle = bundles.peek(context)
    const known = before?.variant ?? (bundle ? memberOf(bundle.variants, experimentKey) : null)
    const variant = keep(context, experimentKey, known ?? null)
    if (variant !== null && !before) logExposure(context, experimentKey, variant)
    if (variant !== null) assigned.set(nameOf(context, experimentKey), { variant, at: now() })
    return { variant, isNew: false }
  }

  const askFor = async (context: FlagsContext, experimentKey: string): Promise<Assignment> => {
    const name = nameOf(context, experimentKey)
    const before = assigned.get(name)
    if (before && now() - before.at < ASSIGNED_MS && now() >= before.at)
      return { variant: before.variant, isNew: false }
    if (bundles.pauseMs() > 0) return fallBack(context, experimentKey, before)
    const reply = await post({
      path: `/v1/experiments/${encodeURIComponent(experimentKey)}/assign`,
      body: { context: readContext(context) },
      timeoutMs,
    })
    const { variant, isNew, sticky } = (reply.body ?? {}) as Partial<Record<string, unknown>>
    if (reply.status !== 200 || (typeof variant !== 'string' && variant !== null)) {
      settings.onError(reply.error ?? new Error(`assign answered ${reply.status}`))
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
    /** Told from the bundle; assigns nobody and logs nothing. */
    get: async (context: FlagsContext, experimentKey: string): Promise<string | null> => {
      const bundle = await bundles.read(context)
      const told = bundle && memberOf(bundle.variants, experimentKey)
      return keep(context, experimentKey, told ?? null)
    },
    /** Assigned by the service; calls at the same time share one request. Never rejects. */
    assign: async (context: FlagsContext, experimentKey: string): Promise<Assignment> => {
      if (readContext(context).userId === undefined) return { variant: null, isNew: false }
      const name = nameOf(context, experimentKey)
      const pending = shared.find(name)
      if (pending) return { ...(await pending), isNew: false }
      return shared.share(
        name,
        askFor(context, experimentKey).catch(() => fallBack(context, experimentKey, undefined)),
      )
    },
  }
}
