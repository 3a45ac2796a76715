import type { OpenEventSource } from '../../sdk/stream.ts'
import {
  answerJson,
  BUNDLE,
  neverAnswers,
  SNAPSHOT,
  unreachable,
  type FakeService,
  type SentRequest,
} from './flags-service.ts'

/* The world of the soak tests: injected time, a seed that gives the same faults again. */

/** Mulberry32: a seed gives the same world again. */
export const createRandom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

type Listener = (event: { type: string; lastEventId?: string }) => void
type Mode = 'up' | 'refused' | 'hanging' | 'failing' | 'limited'
type StreamMode = 'up' | 'stalled' | 'refused'

/** A service, its streams and its faults. */
export const createWorld = (service: FakeService, random: () => number) => {
  const state = {
    version: 1,
    isOn: true,
    mode: 'up' as Mode,
    streamMode: 'up' as StreamMode,
    /** Steady milliseconds since the start: the clock of the device moves. */
    time: 0,
    goodSince: 0,
    streamGoodSince: 0,
    /** When each version was published. */
    changedAt: [0, 0],
  }
  const open = new Set<Source>()

  class Source {
    readonly listeners = new Map<string, Listener>()
    constructor(_url: string) {
      open.add(this)
      setTimeout(() => {
        if (state.streamMode === 'refused' || state.mode !== 'up') this.emit('error')
        else {
          state.streamGoodSince = state.time
          this.emit('message')
          this.emit('heartbeat')
        }
      }, 50)
    }
    addEventListener(type: string, listener: Listener) {
      this.listeners.set(type, listener)
    }
    emit(type: string) {
      if (open.has(this) && (state.streamMode !== 'stalled' || type === 'error'))
        this.listeners.get(type)?.({ type, lastEventId: String(state.version) })
    }
    close() {
      open.delete(this)
    }
  }
  const EventSource: OpenEventSource = Source

  const emitAll = (type: string) => {
    for (const source of open) source.emit(type)
  }

  const answer = (request: SentRequest, createBody: () => object): Response | Promise<Response> => {
    if (state.mode === 'hanging') return neverAnswers(request)
    if (state.mode === 'refused') return unreachable(request)
    if (state.mode === 'failing') return answerJson({}, 500)
    if (state.mode === 'limited') return answerJson({}, 503, { 'Retry-After': '5' })
    return new Promise((resolve) => {
      const response = answerJson(createBody())
      setTimeout(() => resolve(response), 20 + random() * 200)
    })
  }
  service.answers.bundle = (request) =>
    answer(request, () => ({ ...BUNDLE, version: state.version, flags: { on: state.isOn } }))
  service.answers.snapshot = (request) =>
    answer(request, () => ({
      ...SNAPSHOT,
      version: state.version,
      flags: [{ key: 'on', enabled: state.isOn, rollout: 100, rules: null }],
    }))

  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T

  return {
    state,
    EventSource,
    emitAll,
    isStreamHealthy: () => open.size > 0 && state.streamMode === 'up' && state.mode === 'up',
    change() {
      state.version += 1
      state.isOn = !state.isOn
      state.changedAt.push(state.time)
      emitAll('message')
    },
    setMode(mode: Mode) {
      state.mode = mode
    },
    setStream(mode: StreamMode) {
      state.streamMode = mode
      if (mode === 'refused') emitAll('error')
    },
    pick,
    /** How long ago the service replaced this version, in milliseconds; 0 for the current one. */
    ageOf: (version: number) => state.time - (state.changedAt[version + 1] ?? state.time),
  }
}
