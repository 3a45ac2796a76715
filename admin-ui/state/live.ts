import { signal, useSignalEffect } from '@preact/signals'
import { readAnswer, api, health } from '../api.ts'
import { me } from './session.ts'

/** Whether changes that others make arrive by themselves. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')

/** The newest snapshot version that the stream announced. */
export const announcedVersion = signal(0)

/** How often the connection came back: what was announced meanwhile, nobody heard. */
const reconnects = signal(0)

/** Loads at once, whenever a version is announced, when the connection is back, and when someone signed in again. */
export const useLive = (load: () => Promise<void>): void =>
  useSignalEffect(() => {
    // Read, so that each of them runs this again.
    if (me.value && announcedVersion.value + reconnects.value >= 0) void load()
  })

/** What the edge location that we talk to answers from. */
export const edge = signal<{ readonly version: number; readonly verifiedAt: number } | null>(null)

const RECONNECT_MS = 3_000
const LOOK_MS = 1_000
const LOOKS = 40

/** Listens until the returned function is called. The browser reconnects by itself, except after a refusal. */
export const listen = (): (() => void) => {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const open = () => {
    source = new EventSource('/api/stream')
    source.addEventListener('open', () => {
      if (connection.value === 'lost') reconnects.value++
      connection.value = 'live'
    })
    source.addEventListener('message', ({ lastEventId }) => {
      announcedVersion.value = Math.max(announcedVersion.value, Number(lastEventId))
    })
    source.addEventListener('error', () => {
      connection.value = 'lost'
      if (source.readyState !== EventSource.CLOSED) return
      // Refused: perhaps the session has ended, which this finds out.
      void readAnswer(api.me.$get()).catch(() => {})
      timer = setTimeout(open, RECONNECT_MS)
    })
  }
  open()
  return () => {
    clearTimeout(timer)
    source.close()
    connection.value = 'connecting'
  }
}

const readEdge = async () => {
  const { version, snapshotAge } = await readAnswer(health.$get())
  if (version !== null) edge.value = { version, verifiedAt: Date.now() - (snapshotAge ?? 0) * 1000 }
}

/** Watches the edge until it answers with this version; gives up after a while, for the next look to find out. */
export const watchEdge = async (version: number): Promise<void> => {
  for (let look = 0; look < LOOKS; look++) {
    await readEdge().catch(() => {})
    if (edge.value && edge.value.version >= version) return
    await new Promise((tick) => setTimeout(tick, LOOK_MS))
  }
}
