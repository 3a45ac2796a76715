import { MAX_BATCH_BYTES, nextBatch, refusedIn, type Refused } from './batch.ts'
import { createGate } from './gate.ts'
import { newId } from './id.ts'
import type { Settings } from './options.ts'
import { createOutbox, kindOf, type Item, type NewItem } from './outbox.ts'
import { isHopeless, type Post, type Reply } from './request.ts'
import { createSlot } from './storage.ts'

/** How long items gather before they go together, in milliseconds. */
const GATHER_MS = 1_000
/** A batch goes in the background: it may wait longer than a page does. */
const BATCH_TIMEOUT_MS = 10_000
/** What a page that goes may still send, all requests together, is 64 KB (Fetch standard, keepalive). */
const KEEPALIVE_BYTES = 60_000
/** Nothing may wait for ever behind who is refused to be identified. */
const NOT_IDENTIFIED = [403, 404, 409]

/** Sends what is in the outbox, and again until the service has said that it has it. */
export const createDelivery = (
  settings: Settings,
  post: Post,
  onTaken: (item: Item, reply: Reply) => unknown,
  closed: AbortSignal,
) => {
  // By the service alone: what waits under a key that is replaced goes with the next one.
  const outbox = createOutbox(createSlot(settings.storage, `outbox:${settings.url}`))
  const gate = createGate(settings)
  let timer: ReturnType<typeof setTimeout> | undefined
  let sending: Promise<boolean> = Promise.resolve(true)
  let dropped = 0

  const drop = (items: readonly Omit<Item, 'id' | 'ts'>[], reason: string) => {
    dropped += items.length
    settings.onDrop({ items, reason })
  }

  /**
   * Takes out what the service has; a refused item is dropped, once though it was sent twice, unless only the clock of
   * this device is wrong.
   */
  const settle = (batch: readonly Item[], refused: readonly Refused[]) => {
    const isGone = (item: Item) => {
      const reason = refused.find(({ id }) => id === item.id)?.errorCode
      const isTooEarly = reason === 'IN_THE_FUTURE' && item.ts
      if (isTooEarly) outbox.put({ ...item, ts: undefined })
      else if (reason) drop([item], reason)
      return !isTooEarly
    }
    outbox.remove(batch.filter(outbox.has).filter(isGone))
  }

  /** Sends one batch. A batch that cannot be read is halved, until the item is found that nobody can read. */
  const send = async (batch: readonly Item[], keepalive = false): Promise<boolean> => {
    const [item] = batch
    if (!item) return true
    const kind = kindOf(item)
    const reply = await post({
      path: `/v1/${kind}`,
      body: kind === 'identify' ? item : { [kind]: batch },
      timeoutMs: BATCH_TIMEOUT_MS,
      keepalive,
    })
    const refused = refusedIn(reply, batch.length)
    if (refused) {
      gate.succeeded()
      settle(batch, refused)
      await onTaken(item, reply)
      return true
    }
    if (isHopeless(reply) || (kind === 'identify' && NOT_IDENTIFIED.includes(reply.status))) {
      const half = batch.length >> 1
      if (half)
        return (await send(batch.slice(0, half), keepalive)) && send(batch.slice(half), keepalive)
      settle(batch, [{ id: item.id, errorCode: `HTTP_${reply.status}` }])
      return true
    }
    gate.failed(reply.retryAfterMs)
    return false
  }

  const sendAll = async (): Promise<boolean> => {
    for (;;) {
      const items = outbox.all()
      const [first] = items
      if (!first) return true
      if (gate.isToldToWait()) return false
      if (!(await send(nextBatch(items, kindOf(first), MAX_BATCH_BYTES)))) return false
    }
  }

  /** Sends everything now, unless the service asked to wait; true when nothing is left. Never rejects. */
  const flush = async (): Promise<boolean> => {
    clearTimeout(timer)
    timer = undefined
    // In a Worker the request that sends may end, and its promise with it: there nobody waits for another's.
    sending = settings.waitUntil ? sendAll() : sending.then(sendAll)
    const isDone = await sending
    if (!isDone && !settings.waitUntil) schedule()
    return isDone
  }

  const schedule = () => {
    if (timer !== undefined) return
    // In a Worker timers end with the request: what one tick logs goes together, and `waitUntil` waits for it.
    if (settings.waitUntil) {
      timer = 0
      settings.waitUntil(Promise.resolve().then(() => (timer === 0 ? flush() : sending)))
      return
    }
    if (closed.aborted) return
    const pauseMs = gate.shutFor()
    timer = setTimeout(() => void flush(), Math.max(pauseMs, GATHER_MS))
    // A process may end while the service is away; one that has just logged something sends it first.
    if (pauseMs > 0) (timer as { unref?: () => void }).unref?.()
  }

  if (outbox.all().length > 0 && !settings.waitUntil) schedule()

  return {
    /** Keeps an item and sends it soon; false when it is dropped: of nobody, or for want of room. */
    add(item: NewItem): boolean {
      if (!item.userId || outbox.all().length >= settings.maxBuffered) {
        drop([item], item.userId ? 'BUFFER_FULL' : 'TARGETING_KEY_MISSING')
        return false
      }
      outbox.put({ id: newId(settings.random), ...item })
      schedule()
      return true
    },
    flush,
    /** Sends what fits while the page goes. `sendBeacon` could not carry the key: it sets no headers. */
    flushAtExit() {
      if (gate.isToldToWait()) return
      for (const kind of ['exposures', 'events'] as const)
        void send(nextBatch(outbox.all(), kind, KEEPALIVE_BYTES / 2), true)
    },
    pending: () => ({ waiting: outbox.all().length, dropped }),
  }
}

export type Delivery = ReturnType<typeof createDelivery>
