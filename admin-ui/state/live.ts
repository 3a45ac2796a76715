import { signal, useSignalEffect } from '@preact/signals'
import { readAnswer, api, health } from '../api.ts'
import { me } from './session.ts'

/** The state of the stream that announces changes. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')

/** The newest snapshot version that the stream announced. */
export const announcedVersion = signal(0)

/** Counts reconnects. Announcements were missed before each of them. */
const reconnects = signal(0)

/** Loads at once, and again after an announced version, a reconnect or a new sign-in. */
export const useLive = (load: () => Promise<void>): void =>
  useSignalEffect(() => {
    // These reads make the effect run again.
    if (me.value && announcedVersion.value + reconnects.value >= 0) void load()
  })

/** The snapshot that the nearest edge location serves. */
export const edge = signal<{ readonly version: number; readonly verifiedAt: number } | null>(null)

const RECONNECT_MS = 3_000
/** The service sends a heartbeat every 25 s. After 2.5 intervals of silence the stream is dead. */
const MAX_SILENCE_MS = 62_500
const LOOK_MS = 1_000
const LOOKS = 40

/** Listens until the returned function is called. The browser reconnects by itself, but not after a refusal. */
export const listen = (): (() => void) => {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const reopen = () => {
    connection.value = 'lost'
    source.close()
    open()
  }
  const watchSilence = () => {
    clearTimeout(timer)
    timer = setTimeout(reopen, MAX_SILENCE_MS)
  }
  const open = () => {
    source = new EventSource('/api/stream')
    watchSilence()
    source.addEventListener('heartbeat', watchSilence)
    source.addEventListener('open', () => {
      if (connection.value === 'lost') reconnects.value++
      connection.value = 'live'
    })
    source.addEventListener('message', ({ lastEventId }) => {
      watchSilence()
      announcedVersion.value = Math.max(announcedVersion.value, Number(lastEventId))
    })
    source.addEventListener('error', () => {
      connection.value = 'lost'
      if (source.readyState !== EventSource.CLOSED) return
      // The session may have ended. This request finds out.
      void readAnswer(api.me.$get()).catch(() => {})
      clearTimeout(timer)
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

/** Polls the edge until it serves this version, or for 40 s. */
export const watchEdge = async (version: number): Promise<void> => {
  for (let look = 0; look < LOOKS; look++) {
    await readEdge().catch(() => {})
    if (edge.value && edge.value.version >= version) return
    await new Promise((tick) => setTimeout(tick, LOOK_MS))
  }
}
