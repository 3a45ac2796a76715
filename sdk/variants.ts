import { memberOf, type Bundle } from './bundle.ts'
import type { Bundles } from './bundles.ts'
import { readContext, type FlagsContext } from './context.ts'
import { createGate } from './gate.ts'
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

const NONE: Assignment = { variant: null, isNew: false }

type Assigned = { readonly variant: string | null; readonly at: number }
type LogExposure = (context: FlagsContext, experimentKey: string, variant: string) => boolean

/** An assignment is asked for again after this long, in milliseconds: the experiment may have been paused. */
const ASSIGNED_MS = 30_000

const nameOf = (userId: string | undefined, experimentKey: string) =>
  JSON.stringify([userId, experimentKey])

const toldIn = (bundle: Bundle | undefined, experimentKey: string) =>
  memberOf(bundle?.variants, experimentKey) ?? null

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
  const anonymous = createRecent<string>(maxContexts)
  const gate = createGate(settings)
  const shared = createShared<Assignment>(settings)

  /** The variant that this user was given before, else this one, which stays from now on. */
  const keep = (context: FlagsContext, experimentKey: string, variant: string | null) => {
    const { userId } = readContext(context)
    if (!settings.keepVariants || userId === undefined) return variant
    const name = nameOf(userId, experimentKey)
    const before = given.get(name) ?? given.get(nameOf(anonymous.get(userId), experimentKey))
    const kept = before ?? variant
    if (kept !== null) given.set(name, kept)
    return kept
  }

  const askFor = async (
    context: FlagsContext,
    experimentKey: string,
    name: string,
  ): Promise<Assignment> => {
    const before = assigned.get(name)
    if (before && isYoung(now() - before.at, ASSIGNED_MS))
      return { variant: before.variant, isNew: false }
    const isLeftAlone = bundles.pauseMs() > 0 || gate.isToldToWait()
    const reply = isLeftAlone
      ? undefined
      : await post({
          path: `/v1/experiments/${encodeURIComponent(experimentKey)}/assign`,
          body: { context: readContext(context) },
          timeoutMs,
        })
    const { variant, isNew, sticky } = Object(reply?.body) as Partial<Record<string, unknown>>
    const isAnswer = reply?.status === 200 && (typeof variant === 'string' || variant === null)
    if (reply && !isAnswer) {
      gate.failed(reply.retryAfterMs)
      settings.onError(reply.error)
    }
    const known = before?.variant ?? toldIn(bundles.peek(context), experimentKey)
    const kept = keep(context, experimentKey, isAnswer ? variant : known)
    if (isAnswer || kept !== null) assigned.set(name, { variant: kept, at: now() })
    // Of what is shown without the service, or could not be made durable, nobody else knows: it is logged from here.
    if (kept !== null && (isAnswer ? sticky === false : !before?.variant))
      logExposure(context, experimentKey, kept)
    return { variant: kept, isNew: isAnswer && isNew === true }
  }

  return {
    keep,
    /** Lets a user go on with what was given to them as nobody. */
    identify: (anonymousId: string, userId: string) => anonymous.set(userId, anonymousId),
    /** Told from the bundle; assigns nobody and logs nothing. */
    get: async (context: FlagsContext, experimentKey: string): Promise<string | null> => {
      const bundle = await bundles.read(context)
      return keep(context, experimentKey, toldIn(bundle, experimentKey))
    },
    /** Assigned by the service; calls at the same time share one request. Never rejects. */
    assign: async (context: FlagsContext, experimentKey: string): Promise<Assignment> => {
      const { userId } = readContext(context)
      if (userId === undefined) return NONE
      const name = nameOf(userId, experimentKey)
      let isMine = false
      const answer = await shared(name, () => {
        isMine = true
        return askFor(context, experimentKey, name).catch(() => NONE) // half a character in the key
      })
      return isMine ? answer : { ...answer, isNew: false }
    },
  }
}
