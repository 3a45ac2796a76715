import {
  ErrorCode,
  ProviderEvents,
  StandardResolutionReasons as Reason,
} from '@openfeature/web-sdk'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { webClient, type WebClient } from '../support/openfeature-web.ts'
import { openGate } from '../support/server-gate.ts'
import type { Edit } from '../support/server-api.ts'
import { startServer, type Server } from '../support/server.ts'

/*
 * What an admin changes reaches the official web client by the stream: the client never polls here, and nothing
 * but its own refetch asks for the new version.
 */

const ON = { enabled: true, rollout: 100 }
/** Design §5, guarantee 2. */
const PUSH_BOUND_MS = 1_000

let server: Server
const opened: WebClient[] = []

const open = async (url = server.url, targetingKey = 'u-1') => {
  const client = await webClient(url, { targetingKey })
  opened.push(client)
  // The stream begins with the version as it is, so the client asks once more, for nothing new.
  await vi.waitFor(() => expect(client.exchanges.length).toBeGreaterThan(1), { timeout: 20_000 })
  return client
}

/** Makes an edit; answers with how long after its acknowledgement the client had heard and read. */
const pushed = async ({ nextChange }: WebClient, key: string, edit: () => Promise<Edit>) => {
  const change = nextChange()
  const { snapshotVersion } = await edit()
  const acknowledgedAt = performance.now()
  const { at, flagsChanged } = await change
  expect(flagsChanged).toEqual([key])
  return { ms: at - acknowledgedAt, snapshotVersion }
}

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await Promise.all(opened.map(({ close }) => close()))
  await server?.close()
})

describe('OpenFeature web provider', () => {
  it('an edit arrives within a second, without polling', async ({ annotate }) => {
    const client = await open()
    const asked = client.exchanges.length
    const latencies: number[] = []
    for (let round = 0; round < 10; round++) {
      const isOn = round % 2 === 0
      const edit = () => server.setFlag('pushed.flag', { enabled: isOn, rollout: 100 })
      const { ms, snapshotVersion } = await pushed(client, 'pushed.flag', edit)
      latencies.push(Math.round(ms))
      expect(client.client.getBooleanValue('pushed.flag', !isOn)).toBe(isOn)
      expect(client.exchanges.at(-1)?.query.get('flagConfigEtag')).toBe(String(snapshotVersion))
    }
    await annotate(`ms from the acknowledgement to the new value: ${latencies.join(' ')}`)
    expect(Math.max(...latencies)).toBeLessThan(PUSH_BOUND_MS)
    expect(client.exchanges.length - asked).toBe(latencies.length)
  })

  it('a heartbeat causes no request', async () => {
    const client = await open()
    const count = client.exchanges.length
    // The heartbeat comes first on the stream: had it caused a request, there would be two.
    await pushed(client, 'pushed.later', () => server.setFlag('pushed.later', ON))
    expect(client.exchanges).toHaveLength(count + 1)
  })

  it('a kill switch reaches every client at once', async () => {
    const { snapshotVersion } = await server.setFlag('pushed.kill', { ...ON, killSwitch: true })
    await server.evaluate({}, snapshotVersion)
    const clients = await Promise.all(
      ['anna', 'bert', 'cleo'].map((user) => open(server.url, user)),
    )
    const flip = server.updateFlag('pushed.kill', { enabled: false })
    await Promise.all(clients.map((client) => pushed(client, 'pushed.kill', () => flip)))
    for (const { client } of clients)
      expect(client.getBooleanDetails('pushed.kill', true)).toMatchObject({
        value: false,
        reason: Reason.DISABLED,
      })
  })

  it('a deleted flag takes its default', async () => {
    const { snapshotVersion } = await server.setFlag('pushed.deleted', ON)
    await server.evaluate({}, snapshotVersion)
    const client = await open()
    expect(client.client.getBooleanValue('pushed.deleted', false)).toBe(true)
    await pushed(client, 'pushed.deleted', () => server.deleteFlag('pushed.deleted', {}))
    expect(client.client.getBooleanDetails('pushed.deleted', false)).toMatchObject({
      value: false,
      errorCode: ErrorCode.FLAG_NOT_FOUND,
    })
  })

  it('an edit that changes nothing for the user gets a 304 and raises no event', async () => {
    const denying = (...denyList: string[]) =>
      server.setFlag('pushed.other', { ...ON, rules: { denyList } })
    const { snapshotVersion } = await denying('somebody')
    await server.evaluate({}, snapshotVersion)
    const { client, exchanges } = await open()
    let isTold = false
    client.addHandler(ProviderEvents.ConfigurationChanged, () => (isTold = true))
    const asked = exchanges.length
    await denying('somebody', 'somebody else')
    await vi.waitFor(() => expect(exchanges.length).toBe(asked + 1), { timeout: 20_000 })
    expect(exchanges.at(-1)?.status).toBe(304)
    expect(exchanges.at(-1)?.ifNoneMatch).toMatch(/^"[^"]+"$/)
    expect(isTold).toBe(false)
  })
})

it('an edit made while the stream is cut arrives when the stream is back', async () => {
  const { snapshotVersion } = await server.setFlag('cut.flag', ON)
  await server.evaluate({}, snapshotVersion)
  const gate = await openGate(server.url)
  const { client, nextStale, nextChange } = await open(gate.url)
  const stale = nextStale()
  gate.shut()
  await stale
  await server.updateFlag('cut.flag', { enabled: false })
  expect(client.getBooleanValue('cut.flag', false)).toBe(true)
  const change = nextChange()
  gate.reopen()
  await change
  expect(client.getBooleanValue('cut.flag', true)).toBe(false)
  await gate.close()
})
