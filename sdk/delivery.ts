import { createGate } from './gate.ts'
import type { Settings } from './options.ts'
import { createOutbox, MAX_BATCH_BYTES, nextBatch, type Item, type Kind } from './outbox.ts'
import type { Post } from './request.ts'
import { createSlot } from './storage.ts'

/** How long items gather before they go together, in milliseconds. */
const GATHER_MS = 1_000
/** A batch goes in the background: it may wait longer than a page does. */
const BATCH_TIMEOUT_MS = 10_000
/** What a page that goes may still send, all requests together, is 64 KB (Fetch standard, keepalive). */
const KEEPALIVE_BYTES = 60_000

type Refused = { readonly id: string; readonly errorCode: string }

/** What the service refuses of a batch; undefined when this is not its answer to all of it. */
const refusedIn = (body: unknown, size: number): readonly Refused[] | undefined => {
  if (typeof body !== 'object' || body === null) return undefined
  const { accepted, duplicates, rejected } = body as Record<string, unknown>
  return typeof accepted === 'number' &&
    typeof duplicates === 'number' &&
    Array.isArray(rejected) &&
    accepted + duplicates + rejected.length === size
    ? rejected
    : undefined
}

/** Sends what is in the outbox, and again until the service has said that it has it. */
export const createDelivery = (settings: Settings, post: Post) => {
  const outbox = createOutbox(createSlot(settings.storage, `outbox:${settings.name}`))
  const gate = createGate(settings)
  let timer: ReturnType<typeof setTimeout> | undefined
  let sending: Promise<boolean> = Promise.resolve(true)
  let isHurrying = false
  let isClosed = false
  let dropped = 0

  const drop = (items: readonly Omit<Item, 'id' | 'ts'>[], reason: string) => {
    dropped += items.length
    settings.onDrop({ items, reason })
  }

  /** Takes out what the service has; a refused item is dropped, unless only the clock of this device is wrong. */
  const settle = (batch: readonly Item[], refused: readonly Refused[]) => {
    const reasons = new Map(refused.map(({ id, errorCode }) => [id, errorCode]))
    const gone: Item[] = []
    for (const item of batch) {
      const reason = reasons.get(item.id)
      if (reason === 'IN_THE_FUTURE' && item.ts) outbox.put({ ...item, ts: undefined })
      else {
        gone.push(item)
        if (reason) drop([item], reason)
      }
    }
    outbox.remove(gone)
  }

  /** Sends one batch. A batch that cannot be read is halved, until the item is found that nobody can read. */
  const send = async (kind: Kind, batch: readonly Item[], keepalive: boolean): Promise<boolean> => {
    const reply = await post({
      path: `/v1/${kind}`,
      body: { [kind]: batch },
      timeoutMs: BATCH_TIMEOUT_MS,
      keepalive,
    })
    const refused = reply.status === 202 ? refusedIn(reply.body, batch.length) : undefined
    if (refused) {
      gate.succeeded()
      settle(batch, refused)
      return true
    }
    if (reply.status === 400 || reply.status === 413) {
      const half = Math.ceil(batch.length / 2)
      if (batch.length > 1)
        return (
          (await send(kind, batch.slice(0, half), keepalive)) &&
          send(kind, batch.slice(half), keepalive)
        )
      outbox.remove(batch)
      drop(batch, `HTTP_${reply.status}`)
      return true
    }
    gate.failed(reply.retryAfterMs)
    return false
  }

  const sendAll = async (): Promise<boolean> => {
    for (;;) {
      const items = outbox.all()
      if (items.length === 0) return true
      if (gate.isToldToWait()) return false
      // Exposures first: an event counts for the users who were exposed before it.
      const exposures = nextBatch(items, 'exposures', MAX_BATCH_BYTES)
      const isSent =
        exposures.length > 0
          ? await send('exposures', exposures, false)
          : await send('events', nextBatch(items, 'events', MAX_BATCH_BYTES), false)
      if (!isSent) return false
    }
  }

  /** Sends everything now, unless the service asked to wait; true when nothing is left. Never rejects. */
  const flush = async (): Promise<boolean> => {
    clearTimeout(timer)
    timer = undefined
    // In a Worker the request that sends may end, and its promise with it: there nobody waits for another's.
    const mine = settings.waitUntil ? sendAll() : sending.then(sendAll)
    sending = mine.catch(() => false) // `onDrop` of the app threw
    const isDone = await sending
    if (!isDone) schedule()
    return isDone
  }

  const schedule = () => {
    if (timer !== undefined || settings.waitUntil || isClosed) return
    const pauseMs = gate.shutFor()
    timer = setTimeout(() => void flush(), Math.max(pauseMs, GATHER_MS))
    // A process may end while the service is away; one that has just logged something sends it first.
    if (pauseMs > 0 && typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
  }

  /** In a Worker timers end with the request: what one tick logs goes together, and `waitUntil` waits for it. */
  const hurry = async () => {
    await Promise.resolve()
    isHurrying = false
    await flush()
  }

  if (outbox.all().length > 0) schedule()

  return {
    /** Keeps an item and sends it soon; false when it is dropped for want of room. */
    add(item: Item): boolean {
      if (outbox.all().length >= settings.maxBuffered) {
        drop([item], 'BUFFER_FULL')
        return false
      }
      outbox.put(item)
      schedule()
      if (!isHurrying && settings.waitUntil) {
        isHurrying = true
        settings.waitUntil(hurry())
      }
      return true
    },
    drop,
    flush,
    /** Sends what fits while the page goes. `sendBeacon` could not carry the key: it sets no headers. */
    flushAtExit() {
      if (gate.isToldToWait()) return
      for (const kind of ['exposures', 'events'] as const) {
        const batch = nextBatch(outbox.all(), kind, KEEPALIVE_BYTES / 2)
        if (batch.length > 0) void send(kind, batch, true).catch(() => false)
      }
    },
    waiting: () => outbox.all().length,
    dropped: () => dropped,
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

export type Delivery = ReturnType<typeof createDelivery>
