import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { announcedVersion, connection, listen } from '../../../admin-ui/state/live.ts'

/** A stream whose events the test makes. */
class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2
  static readonly opened: FakeEventSource[] = []
  readyState = 1
  constructor() {
    super()
    FakeEventSource.opened.push(this)
  }
  close() {
    this.readyState = FakeEventSource.CLOSED
  }
  emit(type: string, lastEventId = '') {
    if (this.readyState === 1) this.dispatchEvent(Object.assign(new Event(type), { lastEventId }))
  }
}

const { opened } = FakeEventSource
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', FakeEventSource)
  stop = listen()
  opened[0]?.emit('open')
})
afterEach(() => {
  stop()
  opened.length = 0
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('Stream of the console', () => {
  it('stays open while heartbeats arrive', () => {
    for (let beat = 0; beat < 10; beat++) {
      vi.advanceTimersByTime(25_000)
      opened[0]?.emit('heartbeat', '1')
    }
    expect(opened).toHaveLength(1)
    expect(connection.value).toBe('live')
  })

  it('opens anew after a minute of silence and shows that it was lost', () => {
    vi.advanceTimersByTime(62_500)
    expect(opened).toHaveLength(2)
    expect(opened[0]?.readyState).toBe(FakeEventSource.CLOSED)
    expect(connection.value).toBe('lost')
    opened[1]?.emit('open')
    opened[1]?.emit('message', '9')
    expect(connection.value).toBe('live')
    expect(announcedVersion.value).toBe(9)
  })

  it('leaves no timer when the page stops listening', () => {
    stop()
    expect(vi.getTimerCount()).toBe(0)
  })
})
