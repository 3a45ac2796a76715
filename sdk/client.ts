import { memberOf, type Bundle } from './bundle.ts'
import { createBundles } from './bundles.ts'
import { readContext, type FlagsContext } from './context.ts'
import { createDelivery } from './delivery.ts'
import type { ExperimentKey, FlagKey, VariantOf } from './keys.ts'
import { readOptions, type FlagsOptions } from './options.ts'
import { createPost, postPatiently } from './request.ts'
import { createStream } from './stream.ts'
import { createVariants, type Assignment } from './variants.ts'
import { watchPage } from './page.ts'

/**
 * Makes a client of the service. Nothing is asked for before the first read; no call rejects or throws because the
 * service is away.
 *
 * @example const flags = createFlagsClient({ url: 'https://flags.example', key: 'flags_client_…' })
 */
export const createFlagsClient = (options: FlagsOptions) => {
  const settings = readOptions(options)
  const post = createPost(settings)
  const closed = new AbortController()
  const read = postPatiently(post, settings)
  // A Worker has no later in which to try again.
  const delivery = createDelivery(
    settings,
    settings.waitUntil ? read : post,
    (item, { body }) =>
      'anonymousId' in item ? bundles.renew(item.userId, (body as Bundle).version) : undefined,
    closed.signal,
  )
  const bundles = createBundles(settings, read, () => stream.start())
  const stream = createStream(settings, bundles, closed.signal)

  const log = (
    context: FlagsContext,
    item: { experimentKey: string; variant: string } | { type: string },
  ) => delivery.add({ ...item, userId: readContext(context).userId ?? '', ts: settings.now() })

  const logExposure = (context: FlagsContext, experimentKey: string, variant: string) => {
    variants.keep(context, experimentKey, variant)
    return log(context, { experimentKey, variant })
  }

  const variants = createVariants(settings, read, bundles, logExposure)
  watchPage(
    {
      onHide() {
        stream.stop()
        delivery.flushAtExit()
      },
      onShow: stream.resume,
      onOnline: () => void delivery.flush(),
    },
    closed.signal,
  )

  return {
    /**
     * One flag. A fresh answer is reused for 30 s, then served while it is asked for again; without any answer the
     * default, after `timeoutMs` at the latest.
     */
    async getFlag(context: FlagsContext, key: FlagKey, defaultValue = false): Promise<boolean> {
      return memberOf((await bundles.read(context))?.flags, key) ?? defaultValue
    },
    /** All flags, as `getFlag` reads them; none when there never was an answer. */
    async getAllFlags(context: FlagsContext): Promise<Record<string, boolean>> {
      return { ...(await bundles.read(context))?.flags }
    },
    /**
     * The user's variant for ever; the first time, the service assigns it and logs the exposure. When it does not
     * answer, the last bundle does, and the exposure is logged from here.
     */
    assignVariant: variants.assign as <Key extends ExperimentKey>(
      context: FlagsContext,
      experimentKey: Key,
    ) => Promise<Assignment & { readonly variant: VariantOf<Key> | null }>,
    /** The user's variant, or null when the experiment is not running; assigns nobody and logs nothing. */
    getVariant: variants.get as <Key extends ExperimentKey>(
      context: FlagsContext,
      experimentKey: Key,
    ) => Promise<VariantOf<Key> | null>,
    /**
     * Logs that the user saw the variant. It is kept, in storage where there is one, until the service has it.
     *
     * @returns false when it is dropped, which `onDrop` hears as well: no room, or nobody's id in the context
     */
    logExposure: logExposure as <Key extends ExperimentKey>(
      context: FlagsContext,
      experimentKey: Key,
      variant: VariantOf<Key>,
    ) => boolean,
    /** Logs what the user did, such as `booking.confirmed`; kept and answered as `logExposure` is. */
    track: (context: FlagsContext, type: string): boolean => log(context, { type }),
    /**
     * Says that someone who was `anonymousId` until now signed in as `userId`, who goes on with their variants; kept
     * and sent as exposures are.
     *
     * @returns true when the service has it, false when it does not yet, or never will, which `onDrop` hears
     */
    async identify(anonymousId: string, userId: string): Promise<boolean> {
      variants.identify(anonymousId, userId)
      return delivery.add({ anonymousId, userId }) && delivery.flush()
    },
    /** Sends what waits, now; true when nothing is left. Never rejects. */
    flush: delivery.flush,
    /** All that is known for a context, asking as `getFlag` does; to hand to a page as its bootstrap. */
    getBundle: bundles.read,
    /** What is known for a context now, from memory or storage, without asking. */
    peek: bundles.peek,
    /** When that was last known to be current, in epoch milliseconds; 0 when it is not known. */
    verifiedAt: bundles.verifiedAt,
    /** Takes a bundle that came with the page, unless the service has answered already. */
    seed: bundles.seed,
    /** The variant that the user was given before in this client's life, else this one, which then stays. */
    keepVariant: variants.keep,
    /** Calls back when the answer for a context changed, until the returned function is called. */
    subscribe: bundles.subscribe,
    /** How many exposures and events wait, and how many were dropped. */
    pending: delivery.pending,
    /** Stops listening and sends what waits; resolves as `flush` does. */
    async close(): Promise<boolean> {
      closed.abort()
      stream.stop()
      bundles.close()
      return delivery.flush()
    },
  }
}

export type FlagsClient = ReturnType<typeof createFlagsClient>
